"""Which packages are installed where this interpreter looks for them."""

import os
import re
import sys

_DIST_INFO = re.compile(r"(?P<name>.+?)-(?P<version>[^-]+)\.dist-info")


def installed():
    """{normalised name: version} of every package with a .dist-info folder on sys.path."""
    found = {}
    for folder in reversed(sys.path):
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        for match in filter(None, map(_DIST_INFO.fullmatch, names)):
            found[re.sub(r"[-_.]+", "-", match.group("name")).lower()] = match.group("version")
    return dict(sorted(found.items()))
