"""`WELES_RUNTIMES`: the interpreters that a lake is to have (pure)."""

import re

_ONE = re.compile(r"(python|r)[ =-]?(\d+\.\d+(?:\.\d+)?)", re.IGNORECASE)


def wanted_runtimes(text: str) -> list[tuple[str, str]]:
    """(language, version) of each in `python 3.11, r 4.2`, every one once. Raises ValueError."""
    wanted = []
    for part in filter(None, (each.strip() for each in text.split(","))):
        found = _ONE.fullmatch(part)
        if found is None:
            raise ValueError(f"{part!r} is not an interpreter such as python 3.11 or r 4.2")
        wanted.append((found[1].lower(), found[2]))
    return [*dict.fromkeys(wanted)]
