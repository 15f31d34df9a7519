"""`weles-admin` as operators call it, beside a running lake; and small models in small environments for it."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from tests.integration.lake import Lake
from tests.integration.test_upload_and_predict import split, upload

# Not this session's: no image of another lake on the engine shares its layer, so that removing it frees it.
NUMPY = f"numpy=={'1.26.3' if version('numpy') != '1.26.3' else '1.26.2'}\n"
DATA = pd.DataFrame({"x": [1.5, 2.5, 9.5], "target": [3.0, 5.0, 19.0]})
ROWS = DATA[["x"]]


class Twice:
    """A model that pickles as source text, and needs nothing but the runtime's own packages."""

    SOURCE = "class Twice:\n    def predict(self, given):\n        return [float(row[0]) * 2 for row in given]\n"

    def __reduce__(self) -> tuple[Any, ...]:
        return eval, (f"(lambda names: (exec({self.SOURCE!r}, names), names['Twice'])[1])({{}})()",)


def admin(lake: Lake, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command on a lake."""
    return subprocess.run(
        [Path(sys.executable).with_name("weles-admin"), *arguments, "--home", str(lake.home)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=lake.variables,
    )


def told(lake: Lake, *arguments: str, code: int = 0) -> Any:
    """What the command says to programs."""
    done = admin(lake, *arguments, "--json")
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def twice(lake: Lake, name: str, requirements: str) -> dict[str, Any]:
    """A version of `Twice` in an environment of numpy and what is given; its job."""
    job = upload(lake, name, Twice(), DATA, flavour="python", requirements=NUMPY + requirements)
    assert job["state"] == "succeeded", job["problem"]
    return job


def predict(lake: Lake, name: str) -> Any:
    return lake.call("POST", f"/models/{name}/predict", json=split(ROWS))
