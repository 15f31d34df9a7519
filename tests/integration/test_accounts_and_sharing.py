"""Users, tokens and sharing on a real lake, through the Python client and the command, up to predictions."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import weles
from weles import connection, dataset, model, token, user

from tests.integration import creator
from tests.integration.admin import admin
from tests.integration.lake import Lake

pytestmark = pytest.mark.docker
PASSWORD = "correct horse"


@contextmanager
def speaking_as(lake: Lake, secret: str) -> Iterator[None]:
    """Until the end of the block the client's calls are this token's."""
    before = connection._current
    made = weles.connect(lake.url, secret)
    try:
        yield
    finally:
        made._session.close()
        connection._current = before


def command(lake: Lake, secret: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environ = {**os.environ, "WELES_URL": lake.url, "WELES_TOKEN": secret}
    return subprocess.run(
        [sys.executable, "-m", "weles", *arguments],
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_from_a_new_user_to_a_prediction_by_somebody_else(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    iris, data = creator.iris()
    rows = data.drop(columns="target")
    with speaking_as(lake, lake.token):
        ann, bob = user.create("ann", PASSWORD), user.create("bob", PASSWORD)
        assert [each.name for each in user.list()] == ["admin", "ann", "bob"]

    with speaking_as(lake, ann.token):
        model.upload(
            iris, "anns-iris", "Iris", "target", ["iris"], data, "iris", environment=creator.freeze(), wait=True
        )
        content_hash = model.info("anns-iris")["dataset"]["hash"]
        only_predicts = token.create("a program", ["predict"], days=1)

    with speaking_as(lake, bob.token):
        for hidden in (
            lambda: model.predict("anns-iris", rows),
            lambda: model.info("anns-iris"),
            lambda: dataset.get(content_hash),
        ):
            with pytest.raises(weles.NotFound):
                hidden()

    shared = command(lake, ann.token, "share", "anns-iris", "bob")
    assert json.loads(shared.stdout) == {"visibility": "shared", "users": ["bob"]}, shared.stderr
    with speaking_as(lake, bob.token):
        assert model.predict("anns-iris", rows).tolist() == iris.predict(rows).tolist()
        assert model.status("anns-iris").state == "succeeded"
        with pytest.raises(weles.Forbidden):
            model.share("anns-iris", public=True)
        with pytest.raises(weles.NotFound):  # sharing a model does not share its data
            dataset.get(content_hash)

    with speaking_as(lake, only_predicts.token):
        assert len(model.predict("anns-iris", rows)) == len(rows)
        with pytest.raises(weles.Forbidden, match="predict"):
            model.info("anns-iris")
    with speaking_as(lake, ann.token):
        assert {each.label for each in token.list()} == {"first", "a program"}
        token.revoke(only_predicts.id)
    with speaking_as(lake, only_predicts.token), pytest.raises(weles.Unauthenticated):
        model.predict("anns-iris", rows)

    with speaking_as(lake, ann.token):
        assert dataset.share(content_hash, public=True) == {"iris": weles.model.Access("public")}
        assert model.unshare("anns-iris", "bob") == weles.model.Access("private")
    with speaking_as(lake, bob.token):
        assert len(dataset.get(content_hash)) == len(data)
        with pytest.raises(weles.NotFound):
            model.predict("anns-iris", rows)

    elsewhere = user.login("bob", PASSWORD, url=lake.url)
    try:
        assert user.me().name == "bob"
        user.change_password(PASSWORD, "battery staple")
        with pytest.raises(weles.Unauthenticated):
            user.login("bob", PASSWORD, url=lake.url)
    finally:
        elsewhere._session.close()

    operator = admin(lake, "users", "disable", "bob")
    assert operator.returncode == 0, operator.stderr
    with speaking_as(lake, bob.token), pytest.raises(weles.Unauthenticated):
        model.info("anns-iris")
