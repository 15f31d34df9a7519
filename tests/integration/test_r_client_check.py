"""The R package passes `R CMD check` (its own tests, help pages and vignette) where the host has no R."""

import subprocess

import pytest

from tests.integration.r_session import PACKAGE

pytestmark = pytest.mark.docker


def test_r_cmd_check_has_no_errors_and_no_warnings():
    done = subprocess.run([PACKAGE / "check.sh"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "Status: " in done.stdout
