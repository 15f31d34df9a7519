import importlib.util
import json
import subprocess
import sys
from importlib import metadata

import pytest
from weles import freeze
from weles.errors import InvalidEnvironment


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


def test_requirements_may_be_a_text_or_a_file(tmp_path):
    file = tmp_path / "requirements.txt"
    file.write_text("numpy==1.26.4\n")
    assert freeze.requirements(file) == freeze.requirements(str(file)) == "numpy==1.26.4\n"
    for text in ("numpy==1.26.4", "a\nb\n", "", "weles @ file:///x"):
        assert freeze.requirements(text) == text


@pytest.mark.parametrize("environment", ["no/such/file.txt", "numpy"])
def test_a_missing_file_is_said_to_be_so(environment):
    with pytest.raises(InvalidEnvironment, match="pip freeze"):
        freeze.requirements(environment)
