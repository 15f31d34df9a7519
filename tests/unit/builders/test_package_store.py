"""The package store keeps what is whole and right, and nothing else."""

import hashlib
import io

import pytest

from builders.errors import BuilderUnavailable
from builders.lock import LockedPackage, PackageFile
from builders.packages import PackageStore, WrongContent

CONTENT = b"a wheel" * 1000


def package_file(content=CONTENT, name="a-1-py3-none-any.whl"):
    return PackageFile(name, hashlib.sha256(content).hexdigest(), len(content))


@pytest.fixture
def store(tmp_path):
    return PackageStore(tmp_path / "packages")


def files_in(store):
    return [path for path in store.root.rglob("*") if path.is_file()]


def test_what_was_added_is_found_under_its_own_name(store):
    file = package_file()
    path = store.add(file, io.BytesIO(CONTENT))
    assert store.file(file) == path
    assert path.name == file.filename
    assert path.parts[-4:-1] == ("sha256", file.sha256[:2], file.sha256)
    assert path.read_bytes() == CONTENT


def test_adding_again_changes_nothing(store):
    file = package_file()
    assert store.add(file, io.BytesIO(CONTENT)) == store.add(file, io.BytesIO(CONTENT))
    assert len(files_in(store)) == 1


def test_content_with_another_hash_is_refused_and_leaves_nothing(store):
    with pytest.raises(WrongContent):
        store.add(package_file(), io.BytesIO(CONTENT[:-1]))
    assert store.file(package_file()) is None
    assert files_in(store) == []


def test_a_stream_that_breaks_off_leaves_nothing(store):
    class Broken(io.BytesIO):
        def read(self, size=-1):
            if self.tell():
                raise RuntimeError("gone")
            return super().read(10)

    with pytest.raises(RuntimeError, match="gone"):
        store.add(package_file(), Broken(CONTENT))
    assert files_in(store) == []


def test_a_damaged_file_is_not_used_and_can_be_added_again(store):
    path = store.add(package_file(), io.BytesIO(CONTENT))
    path.chmod(0o644)
    path.write_bytes(b"rotten")
    assert store.file(package_file()) is None
    assert not path.exists()
    store.add(package_file(), io.BytesIO(CONTENT))
    assert store.file(package_file()) == path


def test_a_compiled_wheel_is_found_by_its_source_and_version(store):
    source = LockedPackage("a", "1", package_file(b"source", "a-1.tar.gz"), "sdist")
    assert store.ready(source, "3.11.2") is None
    path = store.add_built(source, "3.11.2", "a-1-py3-none-any.whl", io.BytesIO(CONTENT))
    assert store.ready(source, "3.11.2") == path
    assert store.ready(source, "3.9.2") is None


def test_a_damaged_record_of_a_compiled_wheel_is_as_none(store):
    source = LockedPackage("a", "1", package_file(b"source", "a-1.tar.gz"), "sdist")
    store.add_built(source, "3.11.2", "a-1-py3-none-any.whl", io.BytesIO(CONTENT))
    (record,) = store.root.rglob("*.json")
    record.chmod(0o644)
    record.write_text("{")
    assert store.ready(source, "3.11.2") is None


def test_a_store_that_cannot_be_written_is_the_lakes_fault(tmp_path):
    (tmp_path / "packages").write_text("a file is in the way")
    with pytest.raises(BuilderUnavailable, match="package store"):
        PackageStore(tmp_path / "packages").add(package_file(), io.BytesIO(CONTENT))


def test_what_is_kept_tells_its_own_hash(store):
    file = store.keep("a_1.0.tar.gz", io.BytesIO(CONTENT))
    assert file == package_file(name="a_1.0.tar.gz")
    assert store.file(file).read_bytes() == CONTENT
    assert store.keep("a_1.0.tar.gz", io.BytesIO(CONTENT)) == file
    assert len(files_in(store)) == 1


def test_a_binary_of_an_r_package_is_good_for_the_variant_that_it_was_made_for(store):
    source = LockedPackage("aa", "1.0", store.keep("aa_1.0.tar.gz", io.BytesIO(b"source")), "r-source")
    assert store.ready(source, "r-4.2.2") is None
    path = store.add_built(source, "r-4.2.2", "aa_1.0_R_x86_64-pc-linux-gnu.tar.gz", io.BytesIO(CONTENT))
    assert store.ready(source, "r-4.2.2") == path
    assert path.read_bytes() == CONTENT
    assert store.ready(source, "r-4.5.0") is None
