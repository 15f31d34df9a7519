import pytest
import weles
from weles import connection

from .fake_lake import FakeLake


@pytest.fixture(autouse=True)
def _own_configuration(tmp_path, monkeypatch):
    """No test sees the desk's own login, lake or proxy."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("WELES_URL", "WELES_TOKEN", "WELES_TOKEN_FILE", "WELES_PROGRESS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(connection, "_current", None)


@pytest.fixture
def lake():
    fake = FakeLake()
    yield fake
    fake.close()


@pytest.fixture
def connected(lake):
    made = weles.connect(lake.url, token="secret-token", patience=2.0)
    yield lake
    made._session.close()


@pytest.fixture
def pauses(monkeypatch):
    """The pauses that were made, none of which is waited for."""
    made: list[float] = []
    monkeypatch.setattr("time.sleep", made.append)
    return made
