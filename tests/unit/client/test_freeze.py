import importlib.util
import json
import subprocess
import sys
from importlib import metadata
from types import SimpleNamespace

from weles import freeze


def _plain(text):
    pins = [line for line in text.splitlines() if "==" in line and not line.startswith(("#", "-e"))]
    return {line.lower().replace("_", "-").replace(".", "-") for line in pins}


def test_the_metadata_say_what_pip_says():
    run = subprocess.run([sys.executable, "-m", "pip", "freeze"], capture_output=True, text=True, check=True)
    assert _plain(run.stdout)
    assert _plain(run.stdout) <= _plain(freeze.from_metadata())
    assert _plain(freeze.freeze()) == _plain(run.stdout)


def test_this_client_is_written_as_it_was_installed():
    assert any("weles" in line and "registry" not in line for line in freeze.freeze().splitlines())
    assert "weles @ file://" in freeze.from_metadata()


def test_without_pip_the_metadata_are_read(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "pip" else found(name))
    text = freeze.freeze()
    assert f"requests=={metadata.version('requests')}\n" in text
    assert "pip==" not in text


def test_when_pip_fails_the_metadata_are_read(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert f"requests=={metadata.version('requests')}\n" in freeze.freeze()


def test_what_came_from_a_url_is_written_with_it(tmp_path, monkeypatch):
    def installed(name, version, direct=None, folder=tmp_path):
        info = folder / f"{name}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        if direct:
            (info / "direct_url.json").write_text(json.dumps(direct))

    installed("Zeta_Pkg", "1.0")
    installed("alpha", "2.0", {"url": "https://x.example/alpha.whl", "archive_info": {}})
    installed("beta", "3.0", {"url": "https://x.example/b", "vcs_info": {"vcs": "git", "commit_id": "abc"}})
    installed("weles", "0.1")
    installed("mine", "0.1", {"url": "file:///home/me/mine", "dir_info": {"editable": True}})
    installed("setuptools", "1")
    installed("alpha", "0.1", folder=tmp_path / "hidden")
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(tmp_path / "hidden")])
    assert freeze.from_metadata().splitlines() == [
        "alpha @ https://x.example/alpha.whl",
        "beta @ git+https://x.example/b@abc",
        "mine @ file:///home/me/mine",
        "weles==0.1",
        "Zeta_Pkg==1.0",
    ]


class _Dist:
    def __init__(self, version):
        self.version = version


def test_what_came_from_an_address_is_annotated():
    known = SimpleNamespace(distributions={name: _Dist("2.0") for name in ("attrs", "mine", "theirs", "weles")})
    text = (
        "attrs @ file:///croot/attrs_1695717823297/work\n"
        "joblib==1.4.2\n"
        "-e git+https://git.example.org/mine.git@abc#egg=mine\n"
        "# Editable install with no version control (theirs==2.0)\n"
        "-e /home/me/theirs\n"
        "weles @ file:///home/me/weles\n"
    )
    assert freeze.annotated(text, known, {"attrs", "joblib"}).splitlines() == [
        "# Installed as attrs==2.0",
        "attrs @ file:///croot/attrs_1695717823297/work",
        "joblib==1.4.2",
        "# The model does not need mine",
        "-e git+https://git.example.org/mine.git@abc#egg=mine",
        "# Editable install with no version control (theirs==2.0)",
        "# The model does not need theirs",
        "-e /home/me/theirs",
        "weles @ file:///home/me/weles",
    ]
    assert "does not need" not in freeze.annotated(text, known, None)
    assert "does not need" not in freeze.annotated(text, known, {"mine", "theirs", "attrs"})
