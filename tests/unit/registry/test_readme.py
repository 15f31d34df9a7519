"""The README is kept true where a program can tell."""

import re
from pathlib import Path

from registry.settings import describe

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_setting_is_in_the_table_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(WELES_\w+)` \| (.*?) ?\|", README, re.MULTILINE))
    assert rows == {variable: default for variable, default, _ in describe()}


def test_the_rooms_exist() -> None:
    rooms = README.split("## Where things are")[1].partition("\n## ")[0]
    for names in re.findall(r"^\| ((?:`[\w./-]+/?`(?:, )?)+) \|", rooms, re.MULTILINE):
        folder = ""
        for name in re.findall(r"`([\w./-]+)`", names):
            bare = name.rstrip("/")
            folder = bare.rsplit("/", 1)[0] if "/" in bare else folder
            candidates = [ROOT / name, ROOT / folder / name]
            assert any(each.exists() for each in candidates), name


def test_the_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"`?make ([a-z-]+)", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_corpora_are_as_the_pages_say() -> None:
    verified = sum(
        map(int, re.findall(r"^\| (?:scikit-learn|XGBoost|exports|R 4)[^|]* \| (\d+) \|", README, re.MULTILINE))
    )
    measured = (ROOT / "docs" / "environments-measured.md").read_text(encoding="utf-8")
    assert verified == measured.count("golden rows |")
    (told,) = re.findall(r"\| (\d+ of \d+) \|", README)
    assert f"**{told} diagnosed right**" in (ROOT / "docs" / "environments-failing.md").read_text(encoding="utf-8")
