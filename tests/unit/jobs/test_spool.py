"""What a job has got so far survives it."""

from pathlib import Path

from registry.domain.schema import Schema
from registry.jobs.spool import Spool, folders, remove_all_but
from registry.tables.joining import concatenated
from registry.tables.table import Table


def _rows(*values: object, kind: str = "int64") -> Table:
    return Table.from_values(Schema.from_json([{"name": "x", "type": kind}]), {"x": [*values]})


def test_a_new_worker_goes_on_after_the_last_whole_part(tmp_path: Path) -> None:
    first = Spool(tmp_path / "job")
    first.write(_rows(1, 2, 3))
    first.write(_rows(4))
    (tmp_path / "job" / "000000000000004-000000005.new").write_bytes(b"half of a part")
    second = Spool(tmp_path / "job")
    assert second.rows == 4
    second.write(_rows(5.5, kind="float64"))
    assert concatenated([*second.stream().parts]) == _rows(1.0, 2.0, 3.0, 4.0, 5.5, kind="float64")


def test_parts_after_a_gap_do_not_count(tmp_path: Path) -> None:
    first = Spool(tmp_path / "job")
    first.write(_rows(1))
    first.write(_rows(2))
    first.write(_rows(3))
    sorted((tmp_path / "job").iterdir())[1].unlink()
    second = Spool(tmp_path / "job")
    assert second.rows == 1
    second.write(_rows(2, 3))
    assert concatenated([*Spool(tmp_path / "job").stream().parts]).rows == 3


def test_only_the_spools_of_jobs_that_go_on_are_kept(tmp_path: Path) -> None:
    assert folders(tmp_path / "none") == []
    for name in ("one", "two"):
        Spool(tmp_path / name).write(_rows(1))
    remove_all_but(folders(tmp_path), {"two"})
    assert [folder.name for folder in tmp_path.iterdir()] == ["two"]
