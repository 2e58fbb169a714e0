"""What only the quantile ensemble shows: the slider between its presets, its quantiles. Not here: other models."""
