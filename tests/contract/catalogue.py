"""Models in a lake's database, as an upload and its preparation write them: for tests of what is found again."""

import hashlib
import uuid
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, insert, select, update

from registry.db.accounts import SqlAccounts
from registry.db.datasets import SqlDatasets
from registry.db.models import SqlModels
from registry.db.tables import model_shares, models, users
from registry.domain.entities import Dataset, DatasetAlias, ModelVersion, Resolution, Shown, State, User, now
from registry.domain.errors.state import NotFound

_RESOLUTION = Resolution("sha256:" + "0" * 64, {}, {}, State.PENDING, 1, None, [], None)


def digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@dataclass
class Catalogue:
    """Writes through the ports that the lake itself writes through."""

    engine: Engine
    users: dict[str, User] = field(default_factory=dict)

    def user(self, name: str, role: str = "member") -> User:
        if name not in self.users:
            SqlAccounts(self.engine).add_user(name, role, None, digest(f"token of {name}"))
            with self.engine.connect() as connection:
                number = connection.execute(select(users.c.id).where(users.c.name == name)).scalar_one()
            self.users[name] = User(number, name, role)
        return self.users[name]

    def model(
        self,
        name: str,
        *,
        owner: str = "ann",
        visibility: str = "public",
        rows: int = 10,
        missing: int | None = 0,
        columns: tuple[str, ...] = ("x",),
        ready: bool = True,
        card: str = "",
        **changes: Any,
    ) -> str:
        """A version of a model; its id. `columns` are its inputs, beside the target `y`."""
        version = _version(name, self.user(owner), [{"name": each, "type": "float64"} for each in columns], **changes)
        self._dataset(str(version.dataset_hash), rows, len(columns) + 1, missing, self.user(owner))
        store = SqlModels(self.engine)
        store.add_version(version, _RESOLUTION, uuid.uuid4().hex)
        if ready:
            store.version_is_ready(version.id, Shown([]))
        self.set(name, visibility=visibility, **({"card": card} if card else {}))
        return version.id

    def set(self, name: str, **values: Any) -> None:
        """Change the model's own row."""
        with self.engine.execution_options(writes=True).begin() as connection:
            connection.execute(update(models).where(models.c.name == name).values(**values))

    def share(self, name: str, user: str) -> None:
        self.set(name, visibility="shared")
        guest = self.user(user).id
        with self.engine.execution_options(writes=True).begin() as connection:
            connection.execute(insert(model_shares).values(model=name, user_id=guest))

    def count_missing(self, name: str, missing: int) -> None:
        """What the lake does when it has counted a dataset's missing values."""
        SqlDatasets(self.engine).describe(str(SqlModels(self.engine).version(name).dataset_hash), missing, [])

    def _dataset(self, content: str, rows: int, columns: int, missing: int | None, owner: User) -> None:
        store = SqlDatasets(self.engine)
        try:
            store.get(content)
        except NotFound:
            dataset = Dataset(content, digest("blob"), rows, columns, missing, [], None, now())
            store.add(dataset, DatasetAlias("data", "", owner.name, now()), owner.id)


def _version(name: str, owner: User, inputs: list[dict[str, str]], **changes: Any) -> ModelVersion:
    values: dict[str, Any] = {
        "id": uuid.uuid4().hex,
        "model": name,
        "owner": owner.name,
        "owner_id": owner.id,
        "number": 0,
        "description": "",
        "target": "y",
        "tags": [],
        "flavour": "sklearn",
        "format": "pickle",
        "model_class": "sklearn.linear_model.LogisticRegression",
        "language": "python",
        "language_version": "3.11.7",
        "inputs": inputs,
        "outputs": [],
        "content_hash": digest(f"content of {name} {uuid.uuid4().hex}"),
        "task": None,
        "classes": None,
        "found_tags": [],
        "model_blob": digest("model"),
        "model_bytes": 1,
        "golden_blob": None,
        "requirements_blob": digest("requirements"),
        "dataset_hash": digest(f"data of {name}"),
        "dataset_name": f"data of {name}",
        "resolution_key": _RESOLUTION.key,
        "environment_id": None,
        "image_id": None,
        "state": State.PENDING,
        "problem": None,
        "notes": [],
        "system": {},
        "created_at": now(),
    }
    return ModelVersion(**{**values, **changes})
