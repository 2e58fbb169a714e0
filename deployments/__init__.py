"""Schedules, work pools, serving. Not here: logic."""
