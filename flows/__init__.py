"""Prefect flows and their command lines: order, parameters, branching. Not here: data frames."""
