"""What only classification models show: their memory bins. Not here: what every model shows (dashboard)."""
