"""A run in words, tables and a picture, out of its result. Not here: showing them anywhere (flows, tasks)."""
