"""A pinned R package (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, cast, get_args

from builders.r.names import is_r_name, is_r_version

RSource = Literal["cran", "bioconductor"]


@dataclass(frozen=True, slots=True, order=True)
class RPin:
    """One R package at one version, from a repository. An RPin that exists is valid: else ValueError is raised."""

    name: str
    version: str
    source: RSource = "cran"

    def __post_init__(self) -> None:
        if not is_r_name(self.name):
            raise ValueError(f"{self.name!r} is not the name of an R package")
        if not is_r_version(self.version):
            raise ValueError(f"{self.version!r} is not a version of an R package")
        if self.source not in get_args(RSource):
            raise ValueError(f"{self.source!r} is not a kind of repository")

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "version": self.version, "source": self.source}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(data["name"], data["version"], cast(RSource, data["source"]))
