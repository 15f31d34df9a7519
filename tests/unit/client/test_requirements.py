"""The environment that is sent: found from the model, frozen, or given in a file."""

import io
import pickle
import sys
from collections import OrderedDict
from contextlib import contextmanager
from importlib import metadata

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from weles import installed, needed, pickle_names
from weles.errors import InvalidEnvironment
from weles.installed import Installed
from weles.model_file import open_model
from weles.requirements import requirements
from weles.requirements_file import read_environment_file


@pytest.fixture
def pipeline():
    return make_pipeline(StandardScaler(), FunctionTransformer(np.log1p), LogisticRegression()).fit(
        np.eye(4), [0, 1, 0, 1]
    )


@pytest.mark.parametrize("protocol", range(6))
def test_the_modules_of_a_pickle_are_read_without_loading_it(pipeline, protocol):
    again = [pipeline, pipeline, StandardScaler(), OrderedDict(a=pipeline)]
    found = pickle_names.modules_of_file(io.BytesIO(pickle.dumps(again, protocol=protocol)))
    assert {"sklearn.pipeline", "sklearn.preprocessing._data", "sklearn.linear_model._logistic", "collections"} <= found
    assert any(module.startswith("numpy") for module in found)


class Dangerous:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))


def test_nothing_is_loaded(tmp_path):
    file = io.BytesIO(pickle.dumps(Dangerous(str(tmp_path / "loaded"))))
    assert pickle_names.modules_of_file(file) in ({"_io"}, {"io"})
    assert not (tmp_path / "loaded").exists()


def test_the_modules_of_an_object_are_those_of_its_pickle(pipeline):
    of_file = pickle_names.modules_of_file(io.BytesIO(pickle.dumps(pipeline)))
    of_object = pickle_names.modules_of_object(pipeline)
    assert {each.partition(".")[0] for each in of_file} <= {each.partition(".")[0] for each in of_object}


@pytest.mark.parametrize("content", [b"", b"no pickle", b"\x80\x04\x95", b"PK\x03\x04"])
def test_what_is_no_pickle_is_said_to_be_none(content):
    with pytest.raises(ValueError, match="no plain pickle"):
        pickle_names.modules_of_file(io.BytesIO(content))


@contextmanager
def opened(model):
    file = open_model(model)
    with file.file:
        yield file


def found_for(model, environment=None):
    with opened(model) as file:
        return requirements(environment, file)


def names(text):
    return {installed.normalised(line.partition("==")[0]) for line in text.splitlines() if not line.startswith("#")}


def test_a_model_needs_its_packages_and_theirs_and_no_others(pipeline):
    found = found_for(pipeline)
    assert found.found == "model"
    assert f"scikit-learn=={metadata.version('scikit-learn')}" in found.text
    assert {"scikit-learn", "numpy", "scipy", "joblib", "threadpoolctl", "pandas"} <= names(found.text)
    for other in ("flask", "sqlalchemy", "ruff", "weles", "weles-registry", "pytest", "dbos"):
        assert other not in names(found.text)


def test_a_joblib_file_is_read_too(pipeline, tmp_path):
    path = tmp_path / "model.joblib"
    joblib.dump(pipeline, path, compress=3)
    found = found_for(path, "model")
    assert (found.found, {"scikit-learn", "joblib"} <= names(found.text)) == ("model", True)


def test_a_module_of_no_package_is_refused_before_anything_is_sent(tmp_path, monkeypatch):
    (tmp_path / "my_transformers.py").write_text("class Mine:\n    def predict(self, X): return [1] * len(X)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    import my_transformers

    with pytest.raises(InvalidEnvironment, match="'my_transformers', which is of no installed package"):
        found_for(my_transformers.Mine())
    assert found_for(my_transformers.Mine(), "freeze").found == "freeze"
    sys.modules.pop("my_transformers")


def test_what_cloudpickle_wrote_is_sent_with_the_whole_session(monkeypatch, capsys):
    monkeypatch.setattr(needed, "_modules", lambda _: {"cloudpickle.cloudpickle"})
    monkeypatch.setattr(Installed, "owners", lambda self, module: {"cloudpickle"})
    found = found_for(DummyClassifier())
    assert found.found == "freeze"
    assert "all of this session is sent" in capsys.readouterr().err


def _install(folder, name, version, requires=(), extras=(), files=(), direct=""):
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    lines = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {each}" for each in requires)]
    lines += [f"Provides-Extra: {each}" for each in extras]
    (info / "METADATA").write_text("Metadata-Version: 2.1\n" + "\n".join(lines) + "\n")
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))
    if direct:
        (info / "direct_url.json").write_text(direct)


@pytest.fixture
def session(tmp_path, monkeypatch):
    _install(
        tmp_path,
        "Boost_er",
        "1.0",
        ["learn_kit>=1 ; extra == 'sklearn'", "numb", "winonly ; sys_platform == 'win32'", "testing ; extra == 'test'"],
        ["sklearn", "test"],
        ["booster/__init__.py", "booster/core.so", "../bin/booster"],
    )
    _install(tmp_path, "learn-kit", "2.0", ["numb[fast]"], files=["learnkit.py"])
    _install(tmp_path, "numb", "3.0", ["speed ; extra == 'fast'"], ["fast"], ["numb/__init__.py"])
    _install(tmp_path, "speed", "0.1", files=["speed/__init__.py"])
    _install(tmp_path, "testing", "9", files=["testing.py"])
    direct = '{"url": "file:///croot/speed_16/work", "dir_info": {}}'
    _install(tmp_path, "conda-made", "1.5", files=["space/one.py"], direct=direct)
    _install(tmp_path, "space-two", "1.6", files=["space/two.py"])
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    return Installed()


def test_optional_packages_come_along_when_the_session_uses_them(session, monkeypatch):
    assert session.closure(["boost-er"]) == ["boost-er", "numb"]
    monkeypatch.setitem(sys.modules, "learnkit", pd)
    monkeypatch.setitem(sys.modules, "testing", pd)
    assert session.closure(["boost-er"], using={"boost-er"}) == ["boost-er", "learn-kit", "numb", "speed"]
    assert session.closure(["boost-er"]) == ["boost-er", "numb"]


def test_modules_are_told_to_whom_they_belong(session, monkeypatch, tmp_path):
    assert session.owners("booster.core") == {"boost-er"}
    assert session.owners("json.decoder") == set()
    assert session.owners("no_such_module_here") is None
    assert session.owners("space.two") == {"conda-made", "space-two"}
    module = type(sys)("space.two")
    module.__file__ = str(tmp_path / "space" / "two.py")
    monkeypatch.setitem(sys.modules, "space.two", module)
    assert session.owners("space.two") == {"space-two"}


def test_what_came_from_an_address_is_written_with_its_version(session):
    assert needed.requirements_of(["conda-made", "numb"], session).splitlines() == [
        "# Installed as conda-made==1.5",
        "conda-made @ file:///croot/speed_16/work",
        "numb==3.0",
    ]


def test_a_text_or_a_file_is_sent_as_it_is(tmp_path):
    file = tmp_path / "requirements.txt"
    file.write_text("numpy==1.26.4\n")
    assert requirements(file).text == requirements(str(file)).text == "numpy==1.26.4\n"
    assert (requirements(file).filename, requirements(file).found) == ("requirements.txt", "given")
    for text in ("numpy==1.26.4", "a\nb\n", "", "weles @ file:///x"):
        assert requirements(text).text == text


def test_lock_files_are_sent_whole_with_their_name(tmp_path):
    file = tmp_path / "uv.lock"
    file.write_text("version = 1\n-r other\n")
    assert requirements(file).text == "version = 1\n-r other\n"
    assert requirements(file).filename == "uv.lock"


@pytest.mark.parametrize("environment", ["no/such/file.txt", "numpy"])
def test_a_missing_file_is_said_to_be_so(environment):
    with pytest.raises(InvalidEnvironment, match="pip freeze"):
        requirements(environment)


def test_what_a_requirements_file_includes_is_put_in_its_place(tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "requirements.txt").write_text(
        "joblib\n-r more/base.txt  # the rest\n--constraint=limits.txt\n-r https://example.org/x.txt\npandas==2.2.2\n"
    )
    (tmp_path / "more" / "base.txt").write_text("numpy==1.26.4\n-c ../limits.txt\n")
    (tmp_path / "limits.txt").write_text("joblib==1.4.2")
    assert read_environment_file(tmp_path / "requirements.txt").splitlines() == [
        "joblib",
        "numpy==1.26.4",
        *["# weles: constraints", "joblib==1.4.2", "# weles: requirements"] * 2,
        "-r https://example.org/x.txt",
        "pandas==2.2.2",
    ]


def test_a_file_that_includes_itself_or_what_is_not_there_is_refused(tmp_path):
    loop = tmp_path / "loop.txt"
    loop.write_text("-r ./loop.txt\n")
    with pytest.raises(InvalidEnvironment, match="includes itself"):
        read_environment_file(loop)
    loop.write_text("-r gone.txt\n")
    with pytest.raises(InvalidEnvironment, match=r"gone\.txt"):
        read_environment_file(loop)
