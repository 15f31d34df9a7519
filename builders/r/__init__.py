"""Environments of R: what a client declared → packages from a CRAN-like repository → an image."""
