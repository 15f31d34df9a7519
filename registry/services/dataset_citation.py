"""How a dataset is cited: a line that a paper can print (pure)."""

from collections.abc import Sequence

from registry.domain.entities import Dataset, DatasetAlias


def citation(dataset: Dataset, aliases: Sequence[DatasetAlias], link: str) -> str:
    """Author and name are those of the oldest alias; the hash is what counts if the link should ever lead nowhere."""
    first = aliases[0] if aliases else None
    author = f"{first.owner} " if first else ""
    name = first.name if first else "Untitled"
    return (
        f"{author}({dataset.created_at.year}). {name} [dataset], {dataset.rows} rows × {dataset.columns} columns. "
        f"Weles. {link} ({dataset.hash})"
    )
