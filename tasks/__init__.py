"""Prefect tasks: each loads, calls the library, stores. Not here: modelling arithmetic."""
