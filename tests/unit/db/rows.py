"""One row or more for every table of the lake, as they would be at head.

At an earlier step a table takes of its rows the columns that it has then. A new table, or a new column that must have
a value, needs its line here: the tests of the migrations say so.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, MetaData

from builders.parse import parse_environment

AT = datetime(2026, 11, 23, 10, 0, 0)
DATASET, BLOB, ENVIRONMENT, RESOLUTION, TOKEN, HASH = (f"sha256:{letter * 64}" for letter in "dbefac")
_IMAGE = "sha256:" + "9" * 64
_X = {"name": "x", "type": "float64"}
_SPEC = parse_environment("python", "numpy==1.26.4\njoblib==1.4.2\n", version="3.11.7").spec.to_json()
_BASE = {"language": "python", "version": "3.11.2", "image": "weles-base/python:3.11.2", "image_id": _IMAGE}
_PROBLEM = {"error": "LakeFailed", "detail": "Something went wrong.", "next": "Ask.", "fields": {}}
_SCOPES = "admin predict read write"

_VERSION: dict[str, Any] = {
    **{"model": "wine", "target": "y", "flavour": "sklearn", "format": "pickle", "model_class": "sklearn.svm.SVC"},
    **{"language": "python", "language_version": "3.11.7", "inputs": [_X], "outputs": [_X], "content_hash": HASH},
    **{"task": "classification", "classes": 2, "found_tags": ["python"], "model_blob": BLOB, "model_bytes": 1},
    **{"file_freed_at": None, "golden_blob": BLOB, "requirements_blob": BLOB, "dataset_hash": DATASET},
    **{"dataset_name": "wines", "resolution_key": RESOLUTION, "environment_id": ENVIRONMENT, "image_id": _IMAGE},
    **{"problem": None, "notes": ["a note"], "system": {"os": "Linux"}, "created_at": AT, "deleted_at": None},
}

ROWS: dict[str, list[dict[str, Any]]] = {
    "users": [
        {"id": 1, "name": "ann", "role": "admin", "password_hash": "$argon2…", "created_at": AT, "disabled_at": None},
        {"id": 2, "name": "bob", "role": "member", "password_hash": None, "created_at": AT, "disabled_at": AT},
    ],
    "tokens": [
        {"digest": TOKEN, "user_id": 1, "label": "first", "created_at": AT, "expires_at": None, "kind": "personal",
         "scopes": _SCOPES, "last_used_at": None},
        {"digest": HASH, "user_id": 1, "label": "login", "created_at": AT, "expires_at": AT, "kind": "login",
         "scopes": _SCOPES, "last_used_at": AT},
    ],
    "datasets": [
        {"hash": DATASET, "blob": BLOB, "rows": 2**40, "columns": 2, "missing": None, "statistics": None,
         "schema": [_X, {"name": "y", "type": "string"}], "created_at": AT, "deleted_at": None},
    ],
    "dataset_aliases": [
        {"id": 1, "dataset_hash": DATASET, "owner_id": 1, "name": "wines", "description": "178 wines", "created_at": AT,
         "visibility": "public"},
    ],
    "dataset_alias_shares": [{"alias_id": 1, "user_id": 2}],
    "environments": [
        {"id": ENVIRONMENT, "lock": {}, "base": _BASE, "state": "ready", "attempt": 1, "image_id": _IMAGE,
         "image_tag": "weles/env:e", "image_bytes": 2**40, "installed": {"numpy": "1.26.4"}, "problem": None,
         "created_at": AT},
    ],
    "environment_upkeep": [
        {"environment_id": ENVIRONMENT, "built_at": AT, "build_seconds": 9.5, "uses": 2**40, "used_at": AT,
         "pinned": True},
    ],
    "prunings": [
        {"id": 1, "environment_id": ENVIRONMENT, "at": AT, "reason": "by hand", "freed_bytes": 2**40,
         "build_seconds": 9.5, "models": ["wine/1"]},
    ],
    "resolutions": [
        {"key": RESOLUTION, "spec": _SPEC, "base": _BASE, "state": "ready", "attempt": 2, "environment_id": ENVIRONMENT,
         "repairs": [], "problem": None, "created_at": AT},
    ],
    "models": [
        {"name": "wine", "owner_id": 1, "description": "second", "tags": ["2"], "card": "", "edited_at": None,
         "last_number": 2, "deleted_at": None, "created_at": AT, "visibility": "public"},
    ],
    "model_shares": [{"model": "wine", "user_id": 2}],
    "kept_warm": [{"model": "wine", "hours": "07:00-19:00"}],
    "versions": [
        {**_VERSION, "id": "1" * 32, "number": 1, "description": "first", "tags": ["1"], "state": "ready"},
        {**_VERSION, "id": "2" * 32, "number": 2, "description": "second", "tags": ["2"], "state": "failed",
         "problem": _PROBLEM},
    ],
    "model_aliases": [{"model": "wine", "name": "production", "version_id": "1" * 32, "moved_by": 1, "moved_at": AT}],
    "alias_moves": [
        {"id": 1, "model": "wine", "alias": "production", "version_before": None, "version_after": 1, "moved_by": 1,
         "moved_at": AT},
    ],
    "jobs": [
        {"id": "j" * 32, "kind": "prepare", "version_id": "1" * 32, "owner_id": 1, "state": "succeeded",
         "phase": "ready", "percent": 100.0, "detail": "", "request": {}, "result": None, "problem": None,
         "created_at": AT, "updated_at": AT},
    ],
    "audits": [
        {"id": 1, "version_id": "1" * 32, "dataset_hash": DATASET, "target": "y", "measure": "auc", "value": 0.75,
         "rows": 2**40, "note": "of the class 'b'", "created_at": AT, "asked_by": 1},
    ],
    "explanations": [
        {"id": "e" * 32, "version_id": "1" * 32, "owner_id": 1, "request": {"kind": "shap"}, "data": {"rows": []},
         "created_at": AT},
    ],
    "explanation_plots": [{"explanation_id": "e" * 32, "media_type": "image/png", "content": b"PNG"}],
    "plot_scripts": [{"version": "7.1.0", "content": b"Plotly", "created_at": AT}],
    "log_lines": [{"id": 1, "scope": "j" * 32, "at": AT, "text": "a line"}],
}  # fmt: skip


def fill(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Put the rows into the tables that there are now; what was put there, by table."""
    now = MetaData()
    now.reflect(connection)
    put = {}
    for table in now.sorted_tables:
        if table.name in ROWS:
            put[table.name] = [
                {name: value for name, value in row.items() if name in table.columns} for row in ROWS[table.name]
            ]
            connection.execute(table.insert(), put[table.name])
    return put


def left(connection: Connection, put: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """What is left of `put`: of the rows that are there now, the columns that were put there and still are."""
    now = MetaData()
    now.reflect(connection)
    found = {}
    for name, rows in put.items():
        table = now.tables[name]
        columns = [table.columns[each] for each in rows[0] if each in table.columns]
        order = [*table.primary_key.columns]
        found[name] = [
            dict(row._mapping)
            for row in connection.execute(table.select().with_only_columns(*columns).order_by(*order))
        ]
    return found
