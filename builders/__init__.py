"""Weles: environment specification to image. Knows no HTTP, no database and nothing of the registry."""
