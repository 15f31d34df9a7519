"""Logs as the tools really write them → cause, package, what to do."""

import time

import pytest

from builders.diagnosis import LOG_BYTES, Diagnosis, diagnose

HEAD = "error: No solution found when resolving dependencies\n  cause: "
LOGS = {
    "no-such-version": (
        HEAD + "Because there is no version of scikit-learn==1.5.99 and you require scikit-learn==1.5.99, we can "
        "conclude that your requirements are unsatisfiable.\n",
        "scikit-learn",
    ),
    "no-such-package": (
        HEAD + "Because nosuchpkgxyz was not found in the package registry and you require nosuchpkgxyz==1, we can "
        "conclude that your requirements are unsatisfiable.\n",
        "nosuchpkgxyz",
    ),
    "contradiction": (
        HEAD + "Because scipy==1.7.0 depends on numpy>=1.16.5,<1.23.0 and you require scipy==1.7.0, we can conclude "
        "that you require numpy>=1.16.5,<1.23.0.\n         And because you require numpy==2.1.0, we can conclude that "
        "your requirements are unsatisfiable.\n",
        "scipy",
    ),
    "wrong-python": (
        HEAD + "Because the current Python version (3.11.2) does not satisfy Python>=3.12 and numpy==2.5.0 depends on "
        "Python>=3.12, we can conclude that numpy==2.5.0 cannot be used.\n",
        "numpy",
    ),
    "no-wheel": (
        HEAD
        + "Because pywin32==306 has no wheels with a matching platform tag (e.g., `manylinux_2_36_x86_64`) and you "
        "require pywin32==306, we can conclude that your requirements are unsatisfiable.\n",
        "pywin32",
    ),
    "no-compiler": (
        "Building wheel from source distribution...\nerror: [Errno 2] No such file or directory: "
        "'x86_64-linux-gnu-gcc'\nerror: Failed to build `/weles-work/in/pycosat-0.6.3.zip`\n  cause: The build backend "
        "returned an error\nfailed to build `pycosat==0.6.3`\n",
        "pycosat",
    ),
    "compile-failed": ("TypeError: no\nfailed to build `My_Package==0.6.3`\n", "my-package"),
    "network": (
        "error: Failed to fetch: `https://example.org/simple/numpy/`\n  cause: error sending request for url\n"
        "  cause: dns error: failed to lookup address information: Name or service not known\n",
        None,
    ),
    "tls": (
        "error: Failed to fetch: `https://example.org/a/`\n  cause: invalid peer certificate: UnknownIssuer\n",
        None,
    ),
    "unauthorised": ("failed to download `numpy==1.26.4`: HTTPError: HTTP Error 403: Forbidden\n", None),
    "download-failed": ("failed to download `numpy==1.26.4`: HTTPError: HTTP Error 404: Not Found\n", "numpy"),
    "disk-full": ("write /layer.tar: no space left on device\n", None),
    "hash-mismatch": ("failed to download `numpy==1.26.4`: WrongHash: hash mismatch for numpy==1.26.4: 00\n", "numpy"),
    "timeout": ("the build took longer than 60 seconds and was ended (ReadTimeout)\n", None),
}


@pytest.mark.parametrize("cause", LOGS)
def test_a_known_failure_is_named(cause):
    log, package = LOGS[cause]
    diagnosis = diagnose("resolve", "Resolved in 3ms\n" + log)
    assert (diagnosis.cause, diagnosis.package) == (cause, package)
    assert diagnosis.line
    assert diagnosis.line in "Resolved in 3ms\n" + " ".join(log.split()) or diagnosis.line in log
    assert diagnosis.suggestion
    assert "{" not in diagnosis.summary + diagnosis.suggestion


def test_the_summary_names_what_the_reader_wrote():
    assert "scikit-learn 1.5.99 does not exist" in diagnose("resolve", LOGS["no-such-version"][0]).summary
    assert "needs Python >=3.12" in diagnose("resolve", LOGS["wrong-python"][0]).summary


def test_the_line_of_a_wrapped_explanation_is_whole():
    line = diagnose("resolve", LOGS["contradiction"][0]).line
    assert line.startswith("Because scipy==1.7.0 depends")
    assert line.endswith("unsatisfiable.")


def test_an_unknown_failure_shows_the_last_lines():
    diagnosis = diagnose("build", "step 1\n\nsomething odd\nand then it broke\n\n")
    assert diagnosis.cause == "unknown"
    assert diagnosis.line == "and then it broke"
    assert "something odd" in diagnosis.summary


def test_nothing_at_all_is_a_diagnosis_too():
    assert diagnose("build", "").cause == "unknown"


def test_json_and_back():
    diagnosis = diagnose("resolve", LOGS["no-such-version"][0])
    assert Diagnosis.from_json(diagnosis.to_json()) == diagnosis


@pytest.mark.parametrize(
    "piece", ["a", "a-", "Because ", "no such file or directory: 'gcc'", "because a==", "\n  ", "  "]
)
def test_a_hostile_log_does_not_make_it_slow(piece):
    log = piece * (LOG_BYTES // len(piece))
    begin = time.process_time()
    diagnose("fetch", log)
    assert time.process_time() - begin < 5
