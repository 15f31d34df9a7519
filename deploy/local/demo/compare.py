"""Does the lake answer every caller as the creator's own session did? Exit code 0 only if it does, everywhere.

`compare.py FOLDER`: MODEL.session.MODE.json and MODEL.CALLER.MODE.json are tables {"columns", "data"}.
"""

import json
import math
import sys
from pathlib import Path
from typing import Any

MADE_IN = {"wine": "Python", "iris": "R"}
CALLERS = ("Python", "R", "curl")
TOLERANCE = 1e-9


def table(path: Path) -> tuple[list[str], list[list[Any]]]:
    """Names and rows; a column is its name, or the lake's {"name", "type", …}."""
    document = json.loads(path.read_text())
    names = [each["name"] if isinstance(each, dict) else str(each) for each in document["columns"]]
    return names, document["data"]


def labels_that_differ(ours: Path, theirs: Path) -> int:
    """Labels are compared as text: a class of 1 in Python is "1" to others."""
    (_, here), (_, there) = table(ours), table(theirs)
    return abs(len(here) - len(there)) + sum(str(a) != str(b) for (a,), (b,) in zip(here, there, strict=False))


def largest_difference(ours: Path, theirs: Path) -> float:
    (names, here), (other_names, there) = table(ours), table(theirs)
    if names != other_names or len(here) != len(there):
        return math.inf
    return max(abs(a - b) for left, right in zip(here, there, strict=True) for a, b in zip(left, right, strict=True))


LINE = "{:<7}{:<9}{:<13}{:>5}{:>20}{:>25}  {}"
HEADS = ("model", "made in", "called from", "rows", "labels that differ", "probabilities differ by", "classes")


def main(folder: Path) -> int:
    print(LINE.format(*HEADS))
    same = True
    for model, language in MADE_IN.items():
        session = {mode: folder / f"{model}.session.{mode}.json" for mode in ("exact", "prob")}
        classes, rows = table(session["prob"])
        for caller in CALLERS:
            answers = {mode: folder / f"{model}.{caller}.{mode}.json" for mode in ("exact", "prob")}
            labels = labels_that_differ(session["exact"], answers["exact"])
            most = largest_difference(session["prob"], answers["prob"])
            same = same and labels == 0 and most <= TOLERANCE
            print(LINE.format(model, language, caller, len(rows), labels, f"{most:.1e}", ", ".join(classes)))
    verdict = "agree" if same else "DO NOT AGREE"
    print(f"All {len(MADE_IN) * len(CALLERS)} crossings {verdict} with the creators' own sessions (to {TOLERANCE:g}).")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
