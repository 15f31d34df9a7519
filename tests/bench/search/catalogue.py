"""Models for the bench of the search: their texts, tags and data are as skewed as people's are."""

import random
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert

from registry.db import tables
from registry.domain.entities import State

_AT_ONCE = 5_000
_BEGAN = datetime(2020, 1, 1)
_KINDS = ("wine", "iris", "churn", "credit", "titanic", "house", "energy", "text", "image", "fraud", "demand", "sepsis")
_FLAVOURS = (
    ("python", "sklearn"),
    ("python", "sklearn"),
    ("python", "python"),
    ("r", "ranger"),
    ("r", "mlr"),
    ("r", "glm"),
)
_PYTHONS, _RS = ("3.8.18", "3.9.2", "3.10.1", "3.11.7", "3.12.4"), ("3.3.3", "3.5.1", "3.6.0", "4.2.2", "4.5.0")
_USERS = 50
_ADMIN_HASH = "sha256:" + "0" * 64


def fill(engine: Engine, number: int) -> None:
    """`number` models with a version and a dataset each, of 50 users, a tenth of them private."""
    generator = random.Random(7)
    # People's words: a few are everywhere, most are rare.
    vocabulary = [f"{_KINDS[index % 12]}{index}" if index > 40 else f"common{index}" for index in range(20_000)]
    weights = [1 / (rank + 1) for rank in range(len(vocabulary))]
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(
            insert(tables.users), [{"id": n + 1, "name": f"user{n}", "role": "member"} for n in range(_USERS)]
        )
        connection.execute(insert(tables.resolutions).values(key=_ADMIN_HASH, spec={}, base={}, state="ready"))
    for begin in range(0, number, _AT_ONCE):
        rows = [*_rows(generator, vocabulary, weights, begin, min(number, begin + _AT_ONCE))]
        with engine.execution_options(writes=True).begin() as connection:
            for table, position in ((tables.datasets, 0), (tables.models, 1), (tables.versions, 2)):
                connection.execute(insert(table), [row[position] for row in rows])


def _rows(
    generator: random.Random, vocabulary: list[str], weights: list[float], begin: int, end: int
) -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    texts = iter(generator.choices(vocabulary, weights, k=(end - begin) * 60))
    for index in range(begin, end):
        words = [next(texts) for _ in range(60)]
        kind, (language, flavour) = generator.choice(_KINDS), generator.choice(_FLAVOURS)
        name = f"{kind}-{generator.choice(('forest', 'boost', 'logit', 'net'))}-{index}"
        content, columns = f"sha256:{index:064x}", generator.randint(3, 30)
        created = _BEGAN + timedelta(minutes=index * 20)
        dataset = {
            **{"hash": content, "blob": content, "rows": int(10 ** generator.uniform(2, 7)), "columns": columns + 1},
            **{"missing": generator.choice((0, 0, 0, 17, 4000)), "schema": [], "created_at": created},
        }
        model = {
            **{"name": name, "owner_id": index % _USERS + 1, "visibility": "private" if index % 10 == 0 else "public"},
            **{"description": " ".join(words[:15]), "card": " ".join(words[15:]), "tags": words[:2], "last_number": 1},
            "created_at": created,
        }
        version = {
            **{"id": uuid.UUID(int=index).hex, "model": name, "number": 1, "description": "", "target": "target"},
            **{"tags": words[:2], "flavour": flavour, "format": "pickle", "model_class": f"lib.{flavour}.Model"},
            **{"language": language, "language_version": generator.choice(_RS if language == "r" else _PYTHONS)},
            **{"inputs": [{"name": f"{kind}_{n}", "type": "float64"} for n in range(columns)], "outputs": []},
            **{"content_hash": content, "classes": generator.choice((None, 2, 2, 3, 10)), "task": None},
            **{"found_tags": [language, flavour], "model_blob": content, "model_bytes": 1},
            **{"requirements_blob": content, "dataset_hash": content, "dataset_name": f"data of {kind}"},
            **{"resolution_key": _ADMIN_HASH, "state": State.READY, "notes": [], "system": {}, "created_at": created},
        }
        yield dataset, model, version
