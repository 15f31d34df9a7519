"""What R and Debian allow in the names and versions of packages (pure)."""

import re

PACKAGE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9.]{0,126}[A-Za-z0-9]")
PACKAGE_VERSION = re.compile(r"\d{1,9}(?:[.-]\d{1,9}){1,9}", re.ASCII)
DEBIAN_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]{1,126}")
DEBIAN_VERSION = re.compile(r"[A-Za-z0-9.+:~-]{1,128}")

# Part of every R; `translations` has no namespace and is listed by some tools.
BASE = frozenset(
    [
        "base",
        "compiler",
        "datasets",
        "graphics",
        "grDevices",
        "grid",
        "methods",
        "parallel",
        "splines",
        "stats",
        "stats4",
        "tcltk",
        "tools",
        "utils",
        "translations",
    ]
)
RECOMMENDED = frozenset(
    [
        "boot",
        "class",
        "cluster",
        "codetools",
        "foreign",
        "KernSmooth",
        "lattice",
        "MASS",
        "Matrix",
        "mgcv",
        "nlme",
        "nnet",
        "rpart",
        "spatial",
        "survival",
    ]
)


def is_r_name(name: str) -> bool:
    """True for a name that R's own rules allow for a package."""
    return PACKAGE_NAME.fullmatch(name) is not None


def is_r_version(version: str) -> bool:
    """True for two or more numbers with dots or hyphens between them, as in a package's DESCRIPTION."""
    return PACKAGE_VERSION.fullmatch(version) is not None


def is_debian_name(name: str) -> bool:
    return DEBIAN_NAME.fullmatch(name) is not None


def is_debian_version(version: str) -> bool:
    return DEBIAN_VERSION.fullmatch(version) is not None


def version_parts(version: str) -> tuple[int, ...]:
    """`4.7-1.1` → (4, 7, 1, 1), for ordering as R does. Raises ValueError when it is no version."""
    if not is_r_version(version):
        raise ValueError(f"{version!r} is not a version of an R package")
    return tuple(map(int, re.split(r"[.-]", version)))
