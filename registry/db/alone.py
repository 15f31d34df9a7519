"""What only one process of a lake may do at a time, on however many machines they are."""

from enum import IntEnum

from sqlalchemy import Connection


class Alone(IntEnum):
    """What it is; the numbers are Postgres' keys of it, and stay as they are."""

    UPGRADE = 7735601
    FIRST_ADMIN = 7735602
    WARMTH = 7735603


def alone(connection: Connection, what: Alone) -> None:
    """Wait until nobody else does this; it is the caller's until the transaction ends.

    On SQLite it does nothing: there a transaction that writes has the whole file for itself.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({what:d})")
