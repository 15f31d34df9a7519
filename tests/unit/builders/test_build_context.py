"""The same content is the same bytes."""

import gzip
import io
import os
import tarfile

import pytest

from builders.context import build_context, runtime_digest, runtime_files, write_context


def packed(files):
    target = io.BytesIO()
    write_context(files, target)
    return target.getvalue()


def test_names_contents_and_nothing_of_who_made_it(tmp_path):
    path = tmp_path / "wheel"
    path.write_bytes(b"wheel")
    path.chmod(0o600)
    with tarfile.open(fileobj=io.BytesIO(packed({"b/x.whl": path, "Dockerfile": b"FROM x"})), mode="r:gz") as tar:
        entries = tar.getmembers()
        assert [entry.name for entry in entries] == ["Dockerfile", "b/x.whl"]
        assert tar.extractfile("b/x.whl").read() == b"wheel"
        assert {(entry.mtime, entry.uid, entry.gid, entry.mode, entry.uname) for entry in entries} == {
            (0, 0, 0, 0o644, "")
        }


def test_order_and_time_do_not_change_the_bytes(tmp_path):
    path = tmp_path / "wheel"
    path.write_bytes(b"wheel")
    first = packed({"a": path, "b": b"2"})
    os.utime(path, (1, 1))
    assert packed({"b": b"2", "a": path}) == first
    assert gzip.decompress(first)


def test_a_context_is_spooled_to_the_given_folder_and_leaves_nothing(tmp_path):
    folder = tmp_path / "new"
    with build_context({"Dockerfile": b"FROM x"}, folder) as context:
        assert context.read() == packed({"Dockerfile": b"FROM x"})
    assert list(folder.iterdir()) == []


@pytest.fixture
def runtime(tmp_path):
    folder = tmp_path / "runtime"
    (folder / "package" / "__pycache__").mkdir(parents=True)
    (folder / "__main__.py").write_text("main")
    (folder / "package" / "a.py").write_text("a")
    (folder / "package" / "__pycache__" / "a.cpython-311.pyc").write_text("compiled")
    return folder


def test_a_runtime_is_its_sources(runtime):
    assert list(runtime_files(runtime)) == ["__main__.py", "package/a.py"]


def test_caches_do_not_change_a_runtimes_digest_and_its_files_do(runtime):
    before = runtime_digest(runtime)
    (runtime / "package" / "__pycache__" / "b.pyc").write_text("more")
    assert runtime_digest(runtime) == before
    (runtime / "package" / "a.py").rename(runtime / "package" / "b.py")
    renamed = runtime_digest(runtime)
    (runtime / "package" / "b.py").write_text("b")
    assert len({before, renamed, runtime_digest(runtime)}) == 3


def test_a_folder_without_files_is_no_runtime(tmp_path):
    with pytest.raises(FileNotFoundError, match="no runtime"):
        runtime_digest(tmp_path)
