"""A large dataset goes through a real web process whose memory stays bounded, and which goes on answering meanwhile."""

import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
import requests
import weles
from weles import connection, dataset

from registry import first_start, serve
from registry.settings import Settings
from tests.integration.lake import free_port

ROWS, ROWS_AT_ONCE = 2_400_000, 300_000
# Of these the process takes about 130 without any data; read whole, one of these files alone took more than a gigabyte.
MOST_MEGABYTES = 400


class Web:
    """The web process alone, as `serve` starts it: datasets need no worker and no engine."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings.from_environ({}, home=home, port=free_port(), web_processes=1)
        first_start.set_up(self.settings)
        self.url = self.settings.address
        environ = {**os.environ, **self.settings.to_environ()}
        self._process = subprocess.Popen(serve.web_command(self.settings), env=environ)
        try:
            self._wait()
        except BaseException:
            self.close()
            raise
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        self._worker = Path("/proc") / children[0]

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                requests.get(f"{self.url}/api/v1/health", timeout=5).raise_for_status()
                return
            except requests.RequestException:
                assert time.monotonic() < deadline
                time.sleep(0.1)

    def peak_megabytes(self) -> int:
        """The most memory that the process has had since this was asked before."""
        status = (self._worker / "status").read_text()
        (self._worker / "clear_refs").write_text("5")
        return int(status.partition("VmHWM:")[2].split()[0]) // 1024

    def files(self) -> list[Path]:
        return [each for each in self.settings.blobs_folder.rglob("*") if each.is_file()]

    def open_incoming(self) -> list[str]:
        """Files without a name that the process has open."""
        links = [str(each.readlink()) for each in (self._worker / "fd").iterdir()]
        return [link for link in links if "incoming" in link]

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(30)


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    web = Web(tmp_path_factory.mktemp("web") / "lake")
    token = web.settings.admin_token_file.read_text().strip()
    lake = weles.connect(web.url, token)
    yield web
    lake._session.close()
    connection._current = None
    web.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One table as CSV, as Parquet and as an Arrow stream."""
    folder = tmp_path_factory.mktemp("large")
    found = {suffix: folder / f"large.{suffix}" for suffix in ("csv", "parquet", "arrow")}
    random = np.random.default_rng(1)
    parquet = stream = None
    with found["csv"].open("wb") as text:
        for start in range(0, ROWS, ROWS_AT_ONCE):
            numbers = {f"x{index}": random.normal(size=ROWS_AT_ONCE) for index in range(6)}
            codes = random.integers(0, 3, ROWS_AT_ONCE)
            days = pa.array(random.integers(0, 20_000, ROWS_AT_ONCE).astype("int32")).cast(pa.date32())
            kinds = pa.array(["low", "middle", "high"]).take(pa.array(codes))
            part = pa.table({**numbers, "n": np.arange(start, start + ROWS_AT_ONCE), "day": days, "kind": kinds})
            pa.csv.write_csv(part, text, pa.csv.WriteOptions(include_header=start == 0))
            parquet = parquet or pa.parquet.ParquetWriter(found["parquet"], part.schema, compression="none")
            parquet.write_table(part)
            stream = stream or pa.ipc.new_stream(found["arrow"], part.schema)
            stream.write_table(part)
    assert parquet is not None
    assert stream is not None
    parquet.close()
    stream.close()
    return found


def test_its_memory_stays_bounded_and_it_answers_meanwhile(web: Web, files: dict[str, Path]) -> None:
    sizes = {suffix: path.stat().st_size >> 20 for suffix, path in files.items()}
    assert sizes["csv"] > 280
    assert min(sizes.values()) > 120
    slowest, hashes = [0.0], set()
    done = threading.Event()

    def ask() -> None:
        while not done.wait(0.05):
            begin = time.monotonic()
            requests.get(f"{web.url}/api/v1/health", timeout=60).raise_for_status()
            slowest.append(time.monotonic() - begin)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        web.peak_megabytes()
        for suffix, path in files.items():
            made = dataset.upload(path, f"large as {suffix}")
            hashes.add(made.hash)
            assert made.rows == ROWS
            assert web.peak_megabytes() < MOST_MEGABYTES, suffix
    finally:
        done.set()
        asking.join()
    # In whatever format it comes, it is the same content, kept once.
    assert len(hashes) == 1
    assert len(web.files()) == 1
    assert max(slowest) < 5.0
    assert len(slowest) > 20
    (content_hash,) = hashes
    told = dataset.info(content_hash)
    assert told["columns"][6]["statistics"]["max"] == ROWS - 1
    for accept in ("text/csv", "application/vnd.apache.arrow.stream", "application/vnd.apache.parquet"):
        assert _size(web, content_hash, accept) > 100 << 20
        assert web.peak_megabytes() < MOST_MEGABYTES, accept
    assert len(dataset.head(content_hash, 3)) == 3
    assert web.open_incoming() == []


def _size(web: Web, content_hash: str, accept: str) -> int:
    """How many bytes the dataset has in that format, received and thrown away."""
    answer = connection.current().request("GET", f"/datasets/{content_hash}", accept=accept, stream=True)
    with answer:
        return sum(len(block) for block in answer.iter_content(1 << 20))


def test_nothing_is_left_of_a_client_that_goes_away(web: Web) -> None:
    before = web.files()
    token = web.settings.admin_token_file.read_text().strip()
    head = (
        "POST /api/v1/datasets HTTP/1.1\r\nHost: lake\r\nContent-Length: 100000000\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
        'Content-Disposition: form-data; name="data"; filename="d"\r\nContent-Type: text/csv\r\n\r\nx\n'
    )
    with socket.create_connection(("127.0.0.1", web.settings.port)) as client:
        client.sendall(head.encode() + b"1\n" * 5_000_000)
        _until(lambda: web.open_incoming() != [])
    _until(lambda: web.open_incoming() == [])
    assert web.files() == before


def _until(condition: Any) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
