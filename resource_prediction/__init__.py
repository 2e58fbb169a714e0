"""Right-sized memory for build jobs: the pure library. Not here: files, clocks, Prefect, Streamlit."""
