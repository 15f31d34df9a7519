"""The files in which people keep their Python environments, one module for each: text → declared lines (pure)."""
