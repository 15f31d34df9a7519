import hashlib
import pickle
import platform
from importlib.metadata import version

import joblib
import pytest
import weles
from sklearn.linear_model import LogisticRegression
from weles import model

from .fake_lake import Answer

HERE = {"scikit-learn": version("scikit-learn"), "numpy": version("numpy")}
LOADED = []


class Trap:
    """Says so when it is loaded."""

    def __reduce__(self):
        return (LOADED.append, (True,))


def _lake(connected, content, **changes):
    info = {
        "name": "wine", "version": 3, "language": "python", "language_version": platform.python_version(),
        "format": "pickle", "environment": {"packages": HERE}, "size": len(content),
        "sha256": f"sha256:{hashlib.sha256(content).hexdigest()}", **changes,
    }  # fmt: skip
    connected.on("GET", "/models/wine", info)
    connected.on("GET", "/models/wine/file", Answer(body=content))
    return connected


@pytest.fixture
def fitted():
    return LogisticRegression().fit([[0.0], [1.0]], [0, 1])


def test_a_model_comes_back_in_a_session_like_its_own(connected, fitted):
    lake = _lake(connected, pickle.dumps(fitted))
    got = model.get("wine", version="production")
    assert got.predict([[0.9]]) == fitted.predict([[0.9]])
    assert lake.requests("GET", "/models/wine")[0].query == {"version": "production"}
    # The alias may be moved meanwhile: the file is that of the version which was looked at.
    assert lake.requests("GET", "/models/wine/file")[0].query == {"version": "3"}


def test_a_joblib_file_is_read_by_joblib(connected, fitted, tmp_path):
    joblib.dump(fitted, tmp_path / "m.joblib")
    _lake(connected, (tmp_path / "m.joblib").read_bytes(), format="joblib")
    assert model.get("wine").predict([[0.9]]) == fitted.predict([[0.9]])


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"language": "r", "language_version": "4.2.2"}, ["language"]),
        ({"language_version": "3.4.1"}, ["Python"]),
        ({"environment": {"packages": {**HERE, "numpy": "1.0.0"}}}, ["numpy"]),
        ({"environment": {"packages": {**HERE, "no-such-package": "1.0"}}}, ["no-such-package"]),
        ({"language_version": "2.7", "environment": {"packages": {"numpy": "1"}}}, ["Python", "numpy"]),
    ],
)
def test_in_another_session_it_says_what_differs_and_loads_nothing(connected, changes, what):
    lake = _lake(connected, pickle.dumps(Trap()), **changes)
    LOADED.clear()
    with pytest.raises(weles.SessionDiffers) as caught:
        model.get("wine")
    assert [each["what"] for each in caught.value.differences] == what
    assert all(f"{name}: expected " in str(caught.value) for name in what)
    assert lake.requests("GET", "/models/wine/file") == []
    assert LOADED == []


def test_the_same_minor_version_will_do(connected, fitted):
    minor = ".".join(platform.python_version_tuple()[:2])
    _lake(connected, pickle.dumps(fitted), language_version=f"{minor}.999")
    assert model.get("wine").coef_.shape == (1, 1)


def test_force_loads_it_all_the_same(connected, fitted):
    _lake(connected, pickle.dumps(fitted), language_version="2.7.18")
    assert isinstance(model.get("wine", force=True), LogisticRegression)


def test_a_file_with_another_hash_is_not_loaded(connected):
    _lake(connected, pickle.dumps(Trap()), sha256="sha256:" + "0" * 64)
    LOADED.clear()
    for force in (False, True):
        with pytest.raises(weles.UnexpectedAnswer, match="hash"):
            model.get("wine", force=force)
    assert LOADED == []


def test_what_cannot_be_loaded_is_the_models_fault(connected):
    _lake(connected, b"no pickle")
    with pytest.raises(weles.ModelNotLoadable, match="UnpicklingError"):
        model.get("wine")


def test_a_download_is_whole_or_not_at_all(connected, tmp_path, monkeypatch):
    content = pickle.dumps(Trap())
    _lake(connected, content)
    LOADED.clear()
    assert model.download("wine", tmp_path) == tmp_path / "wine-3.pkl"
    assert (tmp_path / "wine-3.pkl").read_bytes() == content
    monkeypatch.chdir(tmp_path)
    assert model.download("wine").name == "wine-3.pkl"
    _lake(connected, content, sha256="sha256:" + "0" * 64)
    with pytest.raises(weles.UnexpectedAnswer):
        model.download("wine", tmp_path / "other.pkl")
    assert [each.name for each in tmp_path.iterdir()] == ["wine-3.pkl"]
    assert LOADED == []
