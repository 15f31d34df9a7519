import json
import os
import stat

import pytest
import weles
from weles import cli, dataset

from .fake_lake import Answer, problem

HASH = "sha256:" + "b" * 64
COLUMN = {"name": "id", "type": "string", "statistics": {"missing": 0}}


def test_what_an_upload_made_has_types_and_no_statistics(connected, tmp_path):
    (tmp_path / "x.arrow").write_bytes(b"a stream")
    connected.on("POST", "/datasets", Answer({"hash": HASH, "rows": 1, "columns": [COLUMN]}, 201))
    made = dataset.upload(tmp_path / "x.arrow", "ids")
    assert made == dataset.Dataset(HASH, 1, [{"name": "id", "type": "string"}])
    assert connected.asked[0].parts()["data"] == ("application/vnd.apache.arrow.stream", b"a stream")


def test_a_file_is_sent_block_by_block(connected, tmp_path, monkeypatch):
    """Whoever reads all of it at once reads too much."""
    path, sizes = tmp_path / "large.csv", []
    path.write_bytes(b"x\n" + b"1\n" * 3_000_000)
    connected.on("POST", "/datasets", Answer({"hash": HASH, "rows": 1, "columns": []}, 201))
    read = weles.multipart.Multipart.read

    def watched(self, size=-1):
        block = read(self, size)
        sizes.append(len(block))
        return block

    monkeypatch.setattr(weles.multipart.Multipart, "read", watched)
    dataset.upload(path, "large")
    assert sum(sizes) > 6_000_000
    assert max(sizes) <= 1 << 20


def test_a_dataset_is_written_to_a_file(connected, tmp_path):
    connected.on("GET", f"/datasets/{HASH}", Answer(body=b"x" * 3_000_000, headers={"Content-Type": "text/csv"}))
    written = dataset.download(HASH, tmp_path / "x.parquet")
    assert written.read_bytes() == b"x" * 3_000_000
    assert connected.asked[-1].headers["accept"] == "application/vnd.apache.parquet"
    with pytest.raises(weles.InvalidInput, match="not a data file"):
        dataset.download(HASH, tmp_path / "x.txt")


def test_a_file_that_is_not_whole_is_not_there(connected, tmp_path):
    connected.on(
        "GET", f"/datasets/{HASH}", Answer(body=b"short", headers={"Content-Length": "9", "Connection": "close"})
    )
    (tmp_path / "x.csv").write_bytes(b"before")
    with pytest.raises(weles.LakeUnreachable, match="broke off"):
        dataset.download(HASH, tmp_path / "x.csv")
    assert [(each.name, each.read_bytes()) for each in tmp_path.glob("*.csv*")] == [("x.csv", b"before")]
    assert not [*tmp_path.glob(".x*")]


def test_names_are_added_edited_and_removed(connected):
    connected.on("POST", f"/datasets/{HASH}/aliases", Answer({"hash": HASH}, 201))
    connected.on("PATCH", f"/datasets/{HASH}/aliases/a/b c", {"hash": HASH})
    connected.on("DELETE", f"/datasets/{HASH}/aliases/a/b c", Answer(None, 204, body=b""))
    assert dataset.add_alias(HASH, "a/b c", "mine") == {"hash": HASH}
    assert connected.asked[-1].json() == {"name": "a/b c", "description": "mine"}
    dataset.edit_alias(HASH, "a/b c", description="", owner="ann")
    assert connected.asked[-1].json() == {"description": ""}
    assert connected.asked[-1].query == {"owner": "ann"}
    dataset.remove_alias(HASH, "a/b c")
    assert connected.asked[-1].method == "DELETE"
    connected.on("DELETE", f"/datasets/{HASH}/aliases/other", problem("not-found", 404, "There is no alias 'other'."))
    with pytest.raises(weles.NotFound, match="other"):
        dataset.remove_alias(HASH, "other")


def test_commands(connected, tmp_path, capsys):
    connected.on("GET", f"/datasets/{HASH}", Answer(body=b"x\n1\n"))
    connected.on("GET", f"/datasets/{HASH}/head", Answer(body=b"x\n1\n"))
    connected.on("GET", f"/datasets/{HASH}/info", {"hash": HASH, "citation": "ann (2026). wine"})
    connected.on("PATCH", f"/datasets/{HASH}/aliases/old", {"hash": HASH})
    connected.on("DELETE", f"/datasets/{HASH}/aliases/old", Answer(None, 204, body=b""))
    assert cli.main(["dataset", "get", HASH, "--to", str(tmp_path / "x.csv")]) == 0
    assert (tmp_path / "x.csv").read_bytes() == b"x\n1\n"
    assert cli.main(["dataset", "cite", HASH]) == 0
    assert capsys.readouterr().out == "ann (2026). wine\n"
    assert cli.main(["dataset", "alias", "edit", HASH, "old", "--name", "new"]) == 0
    assert connected.asked[-1].json() == {"name": "new"}
    assert json.loads(capsys.readouterr().out) == {"hash": HASH}
    assert cli.main(["dataset", "alias", "remove", HASH, "old"]) == 0
    assert cli.main(["dataset", "get", HASH, "--to", str(tmp_path / "x.doc")]) == 1


def test_where_no_file_can_be_written_nothing_is_asked(connected, tmp_path):
    with pytest.raises(weles.InvalidRequest, match="cannot be written: No such file or directory"):
        dataset.download(HASH, tmp_path / "none" / "x.csv")
    assert connected.asked == []


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_who_may_read_a_file_is_as_it_was_or_as_the_session_has_it(connected, tmp_path):
    connected.on("GET", f"/datasets/{HASH}", Answer(body=b"x"))
    before = os.umask(0o027)
    try:
        made = dataset.download(HASH, tmp_path / "x.csv")
    finally:
        os.umask(before)
    assert stat.S_IMODE(made.stat().st_mode) == 0o640
    made.chmod(0o604)
    assert stat.S_IMODE(dataset.download(HASH, made).stat().st_mode) == 0o604
