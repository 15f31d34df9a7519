"""Programs that run inside throw-away containers, with the base's own Python: standard library only, Python 3.6."""
