import io
import json
import socket

import pytest
import weles
from weles import connection
from weles.connection import Connection
from weles.errors import InvalidInput, LakeBusy, LakeUnreachable, NotConnected, Unauthenticated, UnexpectedAnswer
from weles.multipart import Multipart, Part, json_part

from .fake_lake import Answer, problem


@pytest.fixture
def session(lake):
    made = Connection(lake.url, "secret-token", patience=2.0)
    yield made
    made._session.close()


def test_a_request_carries_token_and_agent(lake, session):
    lake.on("GET", "/x", {"ok": True})
    assert session.json("GET", "/x", params={"version": None, "rows": 3}) == {"ok": True}
    asked = lake.asked[0]
    assert asked.headers["authorization"] == "Bearer secret-token"
    assert asked.headers["user-agent"].startswith("weles-python/")
    assert asked.query == {"rows": "3"}
    assert "secret-token" not in repr(session)


def test_a_netrc_entry_does_not_replace_the_token(lake, session, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    lake.on("GET", "/x", {})
    session.json("GET", "/x")
    assert lake.asked[0].headers["authorization"] == "Bearer secret-token"


def test_a_busy_lake_is_asked_again_after_the_time_that_it_names(lake, session, pauses, capsys):
    busy = problem("lake-busy", 503, "busy", headers={"Retry-After": "0.5"})
    lake.on("POST", "/x", busy, busy, {"ok": True})
    body = Multipart([json_part("metadata", {"a": 1})])
    assert session.json("POST", "/x", body=body, content_type=body.content_type) == {"ok": True}
    assert pauses == [0.5, 0.5]
    assert capsys.readouterr().err == "busy Asking again for up to 2 seconds.\n"
    assert [each.parts()["metadata"] for each in lake.asked] == [("application/json", b'{"a": 1}')] * 3


def test_who_waits_for_compilers_is_patient_and_sees_how_far_they_are(lake, session, pauses, capsys):
    def making(progress):
        return problem("runtime-not-ready", 503, f"being made: {progress}", headers={"Retry-After": "10"})

    lake.on("POST", "/x", making("pulling"), making("pulling"), making("importing"), {"ok": True})
    assert session.send_json("POST", "/x", {}) == {"ok": True}
    assert pauses == [10.0] * 3
    assert capsys.readouterr().err == (
        "being made: pulling Asking again for up to 900 seconds.\nbeing made: importing\n"
    )


def test_patience_has_an_end(lake, session, pauses):
    lake.on("GET", "/x", problem("lake-busy", 503, "busy", headers={"Retry-After": "3"}))
    with pytest.raises(LakeBusy):
        session.json("GET", "/x")
    assert pauses == []


def test_without_retry_after_a_503_is_not_asked_again(lake, session):
    lake.on("GET", "/x", problem("builder-unavailable", 503, "gone"))
    with pytest.raises(weles.BuilderUnavailable):
        session.json("GET", "/x")
    assert len(lake.asked) == 1


def test_a_broken_connection_is_tried_again_only_when_that_is_safe(lake, session, pauses):
    gone = Answer(hang_up=True)
    lake.on("GET", "/x", gone, gone, {"ok": True})
    assert session.json("GET", "/x") == {"ok": True}
    assert pauses == [0.2, 0.4]
    lake.on("POST", "/x", gone, {"ok": True})
    with pytest.raises(LakeUnreachable):
        session.send_json("POST", "/x", {})
    assert len(lake.requests("POST", "/x")) == 1


def test_nobody_at_the_address(pauses):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    made = Connection(url)
    with pytest.raises(LakeUnreachable, match="refused") as caught:
        made.json("GET", "/x")
    assert len(pauses) == 3
    assert url in str(caught.value)
    assert "object at 0x" not in str(caught.value)
    made._session.close()


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=b"<html>", status=502, headers={"Content-Type": "text/html"}),
        Answer(body=b"<html>", headers={"Content-Type": "text/html"}),
        Answer([1]),
        Answer(body=b"", status=500),
    ],
)
def test_what_does_not_answer_as_a_lake_is_said_to_be_so(lake, session, answer):
    lake.on("GET", "/x", answer)
    with pytest.raises(UnexpectedAnswer, match="not as a lake"):
        session.json("GET", "/x")


def test_the_token_does_not_follow_a_redirect(lake, session):
    lake.on("GET", "/x", Answer({}, 302, {"Location": "http://elsewhere.example/x"}))
    with pytest.raises(UnexpectedAnswer, match=r"elsewhere\.example"):
        session.json("GET", "/x")


def test_an_unknown_token_says_how_to_log_in(lake, session):
    lake.on("GET", "/x", Answer(body=b"", status=401))
    with pytest.raises(Unauthenticated, match="weles login"):
        session.json("GET", "/x")


def test_the_first_call_connects_as_the_environment_says(lake, monkeypatch):
    with pytest.raises(NotConnected):
        weles.dataset.info("sha256:00")
    monkeypatch.setenv("WELES_URL", lake.url)
    monkeypatch.setenv("WELES_TOKEN", "t")
    lake.on("GET", "/datasets/sha256:00/info", {"rows": 1})
    assert weles.dataset.info("sha256:00") == {"rows": 1}
    assert lake.asked[0].headers["authorization"] == "Bearer t"
    connection._current._session.close()


def test_names_cannot_leave_their_segment_of_the_path(lake, session):
    lake.on("GET", "/models/../users?x", {"ok": True})
    assert session.json("GET", f"/models/{connection.segment('../users?x')}") == {"ok": True}
    with pytest.raises(weles.InvalidRequest):
        connection.segment("")


def test_a_multipart_body_is_read_in_pieces_and_again_from_its_start():
    big = io.BytesIO(bytes(range(256)) * 1000)
    seen = []
    body = Multipart([json_part("metadata", {"a": "ż"}), Part("data", "text/csv", big)])
    body.sent = seen.append
    first = b"".join(iter(lambda: body.read(1000), b""))
    assert len(first) == len(body) == seen[-1]
    assert max(b - a for a, b in zip([0, *seen], seen, strict=False)) <= 1000
    body.seek(0)
    assert body.read() == first
    assert big.getvalue() in first
    assert json.dumps({"a": "ż"}).encode() in first
    with pytest.raises(ValueError, match="start"):
        body.seek(5)


def test_text_that_is_not_unicode_is_refused_before_it_is_sent(session):
    with pytest.raises(weles.InvalidRequest, match="Unicode"):
        session.send_json("POST", "/x", {"name": "\ud800"})
    assert issubclass(InvalidInput, weles.CallerError)
