"""The pool of containers: what becomes of one, who goes for another, what is warmed ahead. (pure)

            ┌──────────────────────────────┐
    start ─▶│ WARM: its packages imported, │─ idle too long, or the first to make room ─────────────▶ GONE
            │ no model yet                 │
            └──────────────┬───────────────┘
                           │ bound to one version, once and for ever
                           ▼
    start ─────────────▶ LOADING ─▶ IDLE ◀─▶ BUSY ─ (an end waits for the answer)
                           │          │
                           │          └─ idle too long, too old, ended by the lake, or to make room ▶ GONE
                           └─ the model cannot be loaded ───────────────────────────────────────────▶ GONE

There is no pausing: a paused container could not end itself when its worker is gone; an idle one takes no processor.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

# A container that answered this short a time ago is at work for somebody: it is not taken away.
BUSY_SECONDS = 2.0


class Stage(Enum):
    """Where a container is on its way."""

    WARM = "warm"
    LOADING = "loading"
    IDLE = "idle"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Member:
    """One container. `version_id` and `owner_id` are None as long as it has no model; `kept`: a model's `min_warm`."""

    folder: Path
    version_id: str | None
    owner_id: int | None
    idle_seconds: float
    loading: bool = False
    kept: bool = False

    @property
    def stage(self) -> Stage:
        if self.version_id is None:
            return Stage.WARM
        if self.loading:
            return Stage.LOADING
        return Stage.BUSY if self.idle_seconds < BUSY_SECONDS else Stage.IDLE


def victim(members: Sequence[Member]) -> Member | None:
    """The one to end for another; None when all are at work.

    Containers without a model go first. Among idle ones the seconds of an owner count as many times as he has
    containers: who has many gives up his sooner. What is to be kept goes last.
    """
    held = Counter(each.owner_id for each in members if each.version_id is not None)
    idle = [each for each in members if each.stage in (Stage.WARM, Stage.IDLE)]
    return max(
        idle,
        key=lambda each: (each.stage is Stage.WARM, not each.kept, each.idle_seconds * max(held[each.owner_id], 1)),
        default=None,
    )


def ahead(recent: Iterable[str], waiting: Mapping[Path, str], *, most: int) -> tuple[list[str], list[Path]]:
    """(images to warm a container of, waiting containers to end for that).

    `recent`: images of which models were started, the latest first; `waiting`: run folder → image; at most `most` wait.
    """
    wanted = list(dict.fromkeys(recent))[:most]
    missing = [image for image in wanted if image not in waiting.values()]
    surplus = [folder for folder, image in waiting.items() if image not in wanted]
    return missing, surplus[: max(0, len(waiting) + len(missing) - most)]


def room(members: Sequence[Member], starting: AbstractSet[str], limit: int) -> bool:
    """There is room for what is started now (`starting` are version ids, some of them perhaps members already)."""
    running = {each.version_id for each in members if each.version_id is not None}
    return len(running | starting) + sum(each.version_id is None for each in members) <= limit
