"""What all pages share: opening the store, loads that are kept, charts, words. Not here: a page."""
