"""Poetry's own way to write versions → PEP 440 (pure)."""

import re

_PART = re.compile(r"(?P<mark>\^|~(?!=))?\s*(?P<version>\d{1,4}(?:\.\d{1,4}){0,3})")
_EXACT = re.compile(r"(?:==?\s*)?(?P<version>[0-9][A-Za-z0-9.!+]*)")


def exact_version(text: str) -> str | None:
    """`1.2.3`, `=1.2.3` or `==1.2.3` → `1.2.3`; None for everything that allows more than one."""
    found = _EXACT.fullmatch(text.strip())
    return found["version"] if found else None


def python_specifier(text: str) -> str:
    """`^3.9` → `>=3.9,<4`, `~3.9` → `>=3.9,<3.10`; what is PEP 440 stays; empty for what says nothing (`*`)."""
    if "||" in text or text.strip() in ("", "*"):
        return ""
    return ",".join(filter(None, (_part(part.strip()) for part in text.split(","))))


def _part(text: str) -> str:
    found = _PART.fullmatch(text)
    if found is None:
        return text
    numbers = [int(number) for number in found["version"].split(".")]
    if found["mark"] == "^":
        return f">={found['version']},<{numbers[0] + 1}"
    if found["mark"] == "~":
        following = [*numbers[:1], numbers[1] + 1] if len(numbers) > 1 else [numbers[0] + 1]
        return f">={found['version']},<{'.'.join(map(str, following))}"
    return f"=={found['version']}.*" if len(numbers) < 3 else f"=={found['version']}"
