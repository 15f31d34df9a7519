"""Shared strategies: package names, versions, pins, locks, and texts that say the same."""

import string

from hypothesis import strategies as st
from packaging.version import Version

from builders.lock import Lock, LockedPackage, PackageFile
from builders.pins import Pin
from builders.requirement_rules import CLIENT_PACKAGE, TOOLING

_ALNUM = string.ascii_lowercase + string.digits
names = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True).filter(
    lambda name: name not in TOOLING | {CLIENT_PACKAGE}
)
# https://packaging.python.org/en/latest/specifications/version-specifiers/#public-version-identifiers
versions = st.builds(
    lambda epoch, release, pre, post, dev, local: str(
        Version(epoch + ".".join(map(str, release)) + pre + post + dev + local)
    ),
    st.sampled_from(["", "1!"]),
    st.lists(st.integers(0, 3000), min_size=1, max_size=4),
    st.sampled_from(["", "a1", "b2", "rc3"]),
    st.sampled_from(["", ".post1"]),
    st.sampled_from(["", ".dev4"]),
    st.sampled_from(["", "+cpu", "+acme.1"]),
)
extras = st.lists(names, max_size=2, unique=True).map(sorted).map(tuple)
pins = st.builds(Pin, names, versions, extras)
pin_lists = st.lists(pins, max_size=6, unique_by=lambda pin: pin.name)
hashes = st.text("0123456789abcdef", min_size=64, max_size=64)


@st.composite
def locked_packages(draw):
    name, version = draw(names), draw(versions)
    kind = draw(st.sampled_from(["wheel", "sdist"]))
    ending = "-py3-none-any.whl" if kind == "wheel" else ".tar.gz"
    file = PackageFile(f"{name}-{version}{ending}", draw(hashes), draw(st.integers(0, 10**9)))
    return LockedPackage(name, version, file, kind)


locks = st.lists(locked_packages(), max_size=6, unique_by=lambda package: package.name).map(
    lambda packages: Lock("python", "3.11.2", "linux/x86_64", tuple(packages))
)


@st.composite
def spellings(draw, pin):
    """One pin, written in a way that PEP 503 and PEP 440 take for the same."""
    name = "".join(draw(st.sampled_from([char, char.upper()])) for char in pin.name)
    name = name.replace("-", draw(st.sampled_from(["-", "_", ".", "-_"])))
    extras_text = f"[{','.join(draw(st.permutations(pin.extras)))}]" if pin.extras else ""
    space = draw(st.sampled_from(["", " ", "  "]))
    comment = draw(st.sampled_from(["", "  # a comment", " # numpy==0"]))
    return f"{space}{name}{extras_text}{space}=={space}{pin.version}{space}{comment}"


@st.composite
def texts(draw, pin_list):
    """A requirements text that says the pins: any order, spelling, comments, blank lines and line ends."""
    lines = [draw(spellings(pin)) for pin in draw(st.permutations(pin_list))]
    for extra in draw(st.lists(st.sampled_from(["", "# comment", "   "]), max_size=3)):
        lines.insert(draw(st.integers(0, len(lines))), extra)
    return draw(st.sampled_from(["\n", "\r\n", "\r"])).join(lines)
