"""`python -m builders` as a program."""

import json
import os
import re
import subprocess
import sys

import pytest

from builders.identity import RECIPE_NAMES

pytestmark = pytest.mark.docker


@pytest.fixture
def run(tmp_path):
    def run(text, *arguments, verb=(), **environ):
        path = tmp_path / "requirements.txt"
        path.write_text(text)
        command = [sys.executable, "-m", "builders", *verb, str(path), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environ or None)

    return run


def test_the_dockerfile_goes_to_standard_output_and_repairs_to_standard_error(run, base):
    done = run("joblib==1.4.2\npip==23.0\n", "--python", "3.11.99")
    assert done.returncode == 0
    assert done.stdout.startswith(f"# Weles environment, recipe {RECIPE_NAMES['python']}")
    assert "joblib==1.4.2" in done.stdout
    assert "# line 2: pip==23.0: constraint" in done.stderr
    assert f"# python 3.11.99 is not installed; {base.version}, the nearest patch, is used" in done.stderr


@pytest.mark.usefixtures("base")
def test_the_id_does_not_depend_on_order(run):
    texts = ("joblib==1.4.2\nsix==1.16.0", "six==1.16.0\nJobLib==1.4.2")
    ids = {run(text, "--python", "3.11", "--id").stdout for text in texts}
    assert len(ids) == 1
    assert re.fullmatch(r"sha256:[0-9a-f]{64}\n", ids.pop())


def test_every_bad_line_is_named_and_the_exit_code_is_2(run):
    done = run("numpy\n-r x\n", "--python", "3.11")
    assert done.returncode == 2
    assert "requirements.txt:1: numpy: it has no version" in done.stderr
    assert "requirements.txt:2: -r x: options" in done.stderr
    assert done.stdout == ""


@pytest.mark.usefixtures("base")
def test_a_python_that_is_not_installed_says_what_to_do(run):
    done = run("joblib==1.4.2", "--python", "3.98")
    assert done.returncode == 2
    assert "weles-admin runtimes install python 3.98" in done.stderr


def test_without_an_engine_the_exit_code_is_3(run, tmp_path):
    done = run("joblib==1.4.2", "--python", "3.11", DOCKER_HOST=f"unix://{tmp_path}/no.sock", HOME=str(tmp_path))
    assert done.returncode == 3
    assert "Docker Engine does not answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_not_there_is_said(tmp_path):
    command = [sys.executable, "-m", "builders", str(tmp_path / "no.txt"), "--python", "3.11"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no.txt" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_dockerfile_of_an_r_session(run, r_base, cran):
    done = run(
        "# weles-r 1\njsonlite==1.8.4  cran\nMASS==7.3  recommended\n", "--r", "4.2", **os.environ, WELES_CRAN=str(cran)
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"# Weles environment, recipe {RECIPE_NAMES['r']}")
    assert f"FROM {r_base.image}\n" in done.stdout
    assert "# jsonlite==1.8.4\n" in done.stdout
    assert "# line 3: MASS==7.3  recommended: dropped" in done.stderr


@pytest.mark.usefixtures("base")
def test_the_doctor_says_what_would_become_of_it_in_words_and_as_json(run):
    text = "joblib==1.4.2\npywin32==308\ndocopt==0.6.2\n"
    done = run(text, "--python", "3.11", verb=["check"])
    assert done.returncode == 0, done.stderr
    assert "line 2: pywin32==308: dropped" in done.stdout
    assert "2 packages" in done.stdout
    assert "to be compiled: docopt==0.6.2" in done.stdout
    verdict = json.loads(run(text, "--python", "3.11", "--json", verb=["check"]).stdout)
    assert (verdict["ok"], verdict["compiles"]) == (True, ["docopt==0.6.2"])
    assert verdict["environment"] == run(text, "--python", "3.11", "--id").stdout.strip()


@pytest.mark.usefixtures("base")
def test_the_doctor_says_why_it_cannot_be_built(run):
    done = run("joblib==1.4.99\n", "--python", "3.11", verb=["check"])
    assert done.returncode == 2
    assert "It cannot be built: joblib 1.4.99 does not exist" in done.stdout
