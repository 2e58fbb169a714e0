"""Models: families, what they share, and the deployable model around them. Not here: their table (config.py)."""
