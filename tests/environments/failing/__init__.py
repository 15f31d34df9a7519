"""Environments that fail, as people really have them: a folder each, with what the lake should say of it.

`expected.toml` says what is wrong; the other file is the environment. `recorded.log`, where there is one, is the log of
a real run, from which the diagnosis is made again without running it.
"""
