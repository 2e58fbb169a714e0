"""Models: families, the deployable model, a model as a folder. Not here: stores, registries."""
