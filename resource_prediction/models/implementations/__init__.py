"""The model families, one file a library. Not here: what they share (models/base.py), their defaults (config.py)."""
