import pickle
import subprocess
import sys
import textwrap
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from weles.errors import InvalidModel
from weles.flavour import class_name, flavour_of
from weles.model_file import open_model


class Constant:
    def predict(self, rows):
        return [1] * len(rows)


@pytest.fixture
def fitted():
    return DummyClassifier().fit(np.zeros((4, 1)), [0, 1, 1, 1])


def _read(opened):
    with opened.file as file:
        file.seek(0)
        return file.read()


def test_an_object_is_pickled_with_protocol_4(fitted):
    opened = open_model(fitted)
    content = _read(opened)
    assert opened.format == "pickle"
    assert content[:2] == b"\x80\x04"
    assert pickle.loads(content).predict([[0]]) == [1]


@pytest.mark.parametrize("suffix", [".pkl", ".pickle"])
def test_a_pickle_file_is_sent_as_it_is(fitted, tmp_path, suffix):
    path = tmp_path / f"m{suffix}"
    path.write_bytes(pickle.dumps(fitted, protocol=5))
    opened = open_model(str(path))
    assert (opened.format, type(opened.model)) == ("pickle", DummyClassifier)
    assert _read(opened) == path.read_bytes()


@pytest.mark.parametrize("name", ["m.joblib", "m.pkl"])
def test_a_joblib_file_is_known_whatever_its_name(fitted, tmp_path, name):
    joblib.dump(fitted, tmp_path / name)
    opened = open_model(tmp_path / name)
    assert (opened.format, list(opened.model.predict([[0]]))) == ("joblib", [1])
    opened.file.close()


def _script(tmp_path, code):
    file = tmp_path / "script.py"
    file.write_text(textwrap.dedent(code))
    return subprocess.run([sys.executable, file], capture_output=True, text=True, cwd=tmp_path, check=False)


def test_what_lives_in_main_is_refused_by_name(tmp_path):
    done = _script(
        tmp_path,
        """
        import pickle, joblib
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import FunctionTransformer
        from weles.errors import InvalidModel
        from weles.model_file import open_model

        class Mine:
            def predict(self, X): return X

        def double(x): return 2 * x

        for model in (Mine(), make_pipeline(FunctionTransformer(double))):
            pickle.dump(model, open("m.pkl", "wb"))
            for each in (model, "m.pkl"):
                try:
                    open_model(each)
                except InvalidModel as error:
                    print(error)
        """,
    )
    assert done.stderr == ""
    assert done.stdout.count("'Mine'") == done.stdout.count("'double'") == 2
    assert "module of a package" in done.stdout


def test_what_cannot_be_pickled_is_refused():
    with pytest.raises(InvalidModel, match="pickled"):
        open_model(make_pipeline(FunctionTransformer(lambda x: x)))


def test_files_that_are_no_models_are_refused(tmp_path):
    (tmp_path / "m.pkl").write_bytes(b"not a pickle")
    for path, says in [("m.pkl", "cannot be loaded"), ("m.onnx", "not a model file"), ("gone.pkl", "gone.pkl")]:
        with pytest.raises(InvalidModel, match=says) as caught:
            open_model(tmp_path / path)
        assert caught.value.next


def test_flavours(fitted):
    assert flavour_of(fitted) == "sklearn"
    assert flavour_of(Constant()) == "python"
    assert class_name(fitted) == "sklearn.dummy.DummyClassifier"
    assert class_name(Constant()).endswith("test_model_file.Constant")
    for wrong in (object(), Constant, Path(), {"predict": 1}):
        with pytest.raises(InvalidModel, match="predict"):
            flavour_of(wrong)


def test_kin_of_scikit_learn_have_its_flavour():
    class Kin(DummyClassifier):
        pass

    Kin.__module__ = "elsewhere"
    assert flavour_of(Kin()) == "sklearn"
