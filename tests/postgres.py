"""A Postgres of this machine for tests: a server of its own in a folder, on a Unix socket, gone at the end."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

# Debian keeps them off the path.
_FOLDERS = [os.environ.get("PATH", ""), *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))]


def programs() -> tuple[str, str] | None:
    """(initdb, pg_ctl), or None where Postgres is not installed."""
    found = [shutil.which(name, path=os.pathsep.join(_FOLDERS)) for name in ("initdb", "pg_ctl")]
    return (found[0], found[1]) if found[0] and found[1] else None


@contextmanager
def server(listen: tuple[str, int, str] | None = None) -> Iterator[str]:
    """The SQLAlchemy URL of an empty database on a server that lives as long as the block.

    It listens on a socket; with `listen` (address, port, network) at an address, for everybody in the network.
    """
    found = programs()
    assert found is not None, "Postgres is not installed"
    initdb, pg_ctl = found
    # Not under pytest's own folder: the server's user must get in, and a socket's path must be short.
    folder = Path(mkdtemp(prefix="weles-pg-", dir="/tmp"))
    # It refuses to run as root.
    user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    as_user = {"user": user, "cwd": folder} if os.getuid() == 0 else {"cwd": folder}
    if os.getuid() == 0:
        shutil.chown(folder, user)
    address, port, network = listen or ("", 5432, "")
    options = f"-c listen_addresses='{address}' -c port={port} -c unix_socket_directories={folder}"
    options += " -c fsync=off -c max_connections=400"
    try:
        for command in (
            [initdb, "-D", str(folder / "data"), "-U", "weles", "-A", "trust", "-E", "UTF8", "--no-sync"],
            [pg_ctl, "-D", str(folder / "data"), "-l", str(folder / "log"), "-o", options, "-w", "start"],
        ):
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=120, **as_user)
            if network:
                with (folder / "data" / "pg_hba.conf").open("a") as rules:
                    rules.write(f"host all all {network} trust\n")
        yield (
            f"postgresql+psycopg://weles@{address}:{port}/postgres"
            if listen
            else f"postgresql+psycopg://weles@/postgres?host={folder}"
        )
    finally:
        subprocess.run(
            [pg_ctl, "-D", str(folder / "data"), "-m", "immediate", "stop"],
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
            **as_user,
        )
        shutil.rmtree(folder, ignore_errors=True)
