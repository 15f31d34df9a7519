"""A store that speaks S3 over real HTTP, in a process of its own, for tests; and buckets in it."""

import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from registry.blobs import s3

START_SECONDS = 60
# What the store asks of everybody: that there are credentials.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "tests",
    "AWS_SECRET_ACCESS_KEY": "tests",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@contextmanager
def server(log: Path) -> Iterator[str]:
    """The address of a store that is there as long as the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=file,
            stderr=file,
        )
    address, deadline = f"http://127.0.0.1:{port}", time.monotonic() + START_SECONDS
    try:
        while True:
            try:
                requests.get(address, timeout=5)
                break
            except requests.ConnectionError:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(10)


@dataclass
class Bucket:
    """A new bucket of the store at `address`."""

    address: str
    name: str = field(default_factory=lambda: f"lake-{uuid.uuid4().hex[:12]}")
    client: Any = None

    def __post_init__(self) -> None:
        os.environ |= CREDENTIALS
        self.client = s3.connect(self.address)
        self.client.create_bucket(Bucket=self.name)

    @property
    def url(self) -> str:
        return f"s3://{self.name}"

    def objects(self) -> list[str]:
        """The key of each."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return [each["Key"] for page in pages for each in page.get("Contents", [])]

    def unfinished(self) -> list[str]:
        """The keys of uploads in parts that are not over."""
        return [each["Key"] for each in self.client.list_multipart_uploads(Bucket=self.name).get("Uploads", [])]

    def settings(self) -> dict[str, str]:
        """The variables of a lake that keeps its contents here."""
        return {**CREDENTIALS, "WELES_BUCKET": f"{self.url}/lake", "WELES_S3_ENDPOINT": self.address}
