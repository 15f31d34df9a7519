"""The Python runtime of Weles: loads one model, answers for it. Python 3.6 and the standard library are enough for it."""
