"""Weles: the model lake."""

__version__ = "0.1.0"
