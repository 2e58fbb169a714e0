"""Point-in-time features: what a job may know of the past when it is submitted. Not here: learners, files."""
