"""One adapter a system; each runs in its own environment: ``python -m systems.NAME VERB JOB``."""
