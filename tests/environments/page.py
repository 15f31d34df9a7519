"""docs/environments-measured.md: sections that different commands write, each leaving the others alone (pure, but for
`write_section`)."""

from pathlib import Path


def with_section(page: str, name: str, body: str) -> str:
    """The page with the section `name` exchanged, or added at its end."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    section = f"{begin}\n{body.strip()}\n{end}"
    before, found, rest = page.partition(begin)
    if not found:
        return f"{page.rstrip()}\n\n{section}\n"
    return before + section + rest.partition(end)[2]


def write_section(path: Path, name: str, body: str) -> None:
    """Exchange the section in the file. Raises FileNotFoundError when there is no such page."""
    path.write_text(with_section(path.read_text("utf-8"), name, body), "utf-8")
