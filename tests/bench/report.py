"""Measurements → Markdown tables."""

from collections.abc import Iterable, Sequence


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A titled table; the first column is text, the others are numbers."""
    lines = [f"### {title}", "", _row(columns), _row(["---", *["---:"] * (len(columns) - 1)])]
    return "\n".join([*lines, *map(_row, rows), ""])


def number(value: float | None, digits: int = 2) -> str:
    """`1,234.5`; an en dash for what was not measured."""
    return "–" if value is None else f"{value:,.{digits}f}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
