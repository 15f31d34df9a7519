"""The runtime's settings, from its environment."""

from typing import NamedTuple

from weles_runtime.errors import ContractError


class Settings(NamedTuple):
    """Two folders, three times in seconds, the largest frame in bytes; how many processes there may be, and their memory."""

    model_dir: str
    run_dir: str
    idle_seconds: float
    age_seconds: float
    lease_seconds: float
    max_frame_bytes: int
    processes: int
    memory_bytes: int


def from_environ(environ):
    """Settings of the `WELES_*` variables. Raises ContractError, naming the variable."""

    def number(name, default):
        try:
            value = float(environ.get(name, default))
        except ValueError:
            value = -1.0
        if not 0 < value < float("inf"):
            raise ContractError("{}={!r} is not a number above 0".format(name, environ[name]))
        return value

    return Settings(
        environ.get("WELES_MODEL_DIR", "/weles/model"),
        environ.get("WELES_RUN_DIR", "/weles/run"),
        number("WELES_IDLE_SECONDS", 300),
        number("WELES_AGE_SECONDS", 3600),
        number("WELES_LEASE_SECONDS", 60),
        int(number("WELES_MAX_FRAME_BYTES", 1 << 30)),
        int(number("WELES_PROCESSES", 1)),
        int(number("WELES_MEMORY_BYTES", 1 << 62)),
    )
