"""What a client declared, in the form of its language → EnvironmentSpec (pure)."""

from collections.abc import Callable, Mapping

from builders.errors import InvalidSpec, LineProblem
from builders.r.parse import parse_r_environment
from builders.spec import ParsedSpec, parse_requirements

_PARSERS: Mapping[str, Callable[[str, str, str], ParsedSpec]] = {
    "python": lambda text, version, filename: parse_requirements(text, version=version, filename=filename),
    "r": lambda text, version, _: parse_r_environment(text, version=version),
}
LANGUAGES = tuple(_PARSERS)


def parse_environment(language: str, text: str, *, version: str, filename: str = "") -> ParsedSpec:
    """Read the environment that a client sent for a version of its language, such as `3.11` or `4.2.2`.

    `filename` is a hint at the form of a Python environment. Raises InvalidSpec with every line that cannot be used,
    with line 0 for what concerns the whole.
    """
    parser = _PARSERS.get(language)
    if parser is None:
        reason = f"environments of {language!r} cannot be made; the languages are {', '.join(LANGUAGES)}"
        raise InvalidSpec((LineProblem(0, "", reason),))
    return parser(text, version, filename)
