"""How a version is cited: a line that a paper can print, with a link that stays (pure)."""

from registry.domain.entities import ModelVersion


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
