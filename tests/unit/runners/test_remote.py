"""Addresses of containers elsewhere."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from registry.runners.remote import Address
from registry.runners.run_folder import RunFolders


def test_an_address_that_many_threads_are_told_at_once_is_whole(tmp_path: Path) -> None:
    folders = RunFolders(tmp_path)
    folders.prepare()
    address = Address("10.0.0.7", 8500, "ab" * 32)

    def adopt(number: int) -> Path:
        return folders.adopt("version1", f"folder{number // 8}", address)

    with ThreadPoolExecutor(8) as threads:
        found = {*threads.map(adopt, range(400))}
    assert {path.name for path in found} == {f"folder{number}" for number in range(50)}
    assert not [*(tmp_path / "addresses").glob(".*")]
