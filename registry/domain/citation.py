"""How versions and datasets are cited: a line that a paper can print, with a link that stays (pure)."""

from collections.abc import Sequence

from registry.domain.entities import Dataset, DatasetAlias, ModelVersion


def permanent_link(address: str, content_hash: str) -> str:
    """The short link to whatever has this content, on the lake at `address`."""
    return f"{address}/v/{content_hash.removeprefix('sha256:')}"


def citation(version: ModelVersion, address: str) -> str:
    """Owner, year, name, number, link and hash: the hash is what counts if the link should ever lead nowhere."""
    link = permanent_link(address, version.content_hash)
    return (
        f"{version.owner} ({version.created_at.year}). {version.model}, version {version.number} [model]. "
        f"Weles. {link} ({version.content_hash})"
    )


def dataset_link(address: str, content_hash: str) -> str:
    """Where the dataset with this content is, on the lake at `address`."""
    return f"{address}/api/v1/datasets/{content_hash}"


def dataset_citation(dataset: Dataset, aliases: Sequence[DatasetAlias], link: str) -> str:
    """Author and name are those of the oldest alias; one that has none which may be seen is known by its hash."""
    year, size = dataset.created_at.year, f"{dataset.rows} rows × {dataset.columns} columns"
    begin = f"{aliases[0].owner} ({year}). {aliases[0].name}" if aliases else f"({year}). Untitled"
    return f"{begin} [dataset], {size}. Weles. {link} ({dataset.hash})"
