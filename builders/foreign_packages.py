"""Packages that do not belong into an image of Linux and of a newer Python, and why (pure)."""

import re

TOOLING = frozenset({"pip", "setuptools", "wheel", "distribute", "pkg-resources", "uv"})

_WINDOWS = frozenset(
    {
        *("comtypes", "pypiwin32", "pyreadline", "pyreadline3", "pywin32", "pywin32-ctypes", "pywinauto", "pywinpty"),
        *("tensorflow-intel", "tensorflow-directml", "tensorflow-io-gcs-filesystem-win", "win-inet-pton"),
        *("win-unicode-console", "win32-setctime", "wincertstore", "windows-curses", "wmi", "wexpect", "win10toast"),
        *("winkerberos", "winshell", "winrt-runtime", "torch-directml", "certifi-win32", "python-certifi-win32"),
    }
)
_MACOS = frozenset({"appnope", "jax-metal", "py-applescript", "pyobjc", "rumps", "tensorflow-metal"})
_MACOS_PREFIX = "pyobjc-"
_RENAMED = {"tensorflow-macos": "tensorflow"}
_EMPTY = {"sklearn": "it is an empty package; the one that is imported is scikit-learn"}

# Packages that brought an older Python what a newer one has itself, with the first that has it.
_BACKPORTS = {
    "argparse": (3, 2),
    "asyncio": (3, 4),
    "backports-lzma": (3, 3),
    "backports-zoneinfo": (3, 9),
    "contextvars": (3, 7),
    "dataclasses": (3, 7),
    "enum34": (3, 4),
    "functools32": (3, 2),
    "futures": (3, 2),
    "graphlib-backport": (3, 9),
    "importlib": (3, 1),
    "ipaddress": (3, 3),
    "multiprocessing": (3, 0),
    "ordereddict": (3, 1),
    "pathlib": (3, 4),
    "pickle5": (3, 8),
    "selectors34": (3, 4),
    "statistics": (3, 4),
    "typed-ast": (3, 8),
    "typing": (3, 5),
    "unittest2": (3, 4),
    "uuid": (3, 0),
    "wsgiref": (3, 0),
}
# The build of a package for a processor that the lake's containers do not have.
_ACCELERATOR = re.compile(r"(?:cu\d{2,3}|cuda\d*|rocm[0-9.]*|xpu|cudnn\d*)(?:[.a-z0-9]*)")


def useless(name: str) -> str | None:
    """Why a package (normalised name) is of no use in an image of Linux; None when it may be."""
    if name in _WINDOWS:
        return "it is only for Windows; models run on Linux"
    if name in _MACOS or name.startswith(_MACOS_PREFIX):
        return "it is only for macOS; models run on Linux"
    return _EMPTY.get(name)


def backport(name: str, python: tuple[int, int]) -> str | None:
    """Why this Python needs the package (normalised name) no more; None when it may."""
    first = _BACKPORTS.get(name)
    if first is None or python < first:
        return None
    return f"what it brought to older Pythons is part of Python {python[0]}.{python[1]}"


def renamed(name: str) -> str | None:
    """The name of the same package on Linux; None when it has its own."""
    return _RENAMED.get(name)


def is_for_accelerator(local: str) -> bool:
    """True for the local part of a version such as `cu121`: the build for a graphics card."""
    return _ACCELERATOR.fullmatch(local) is not None
