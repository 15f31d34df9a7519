"""What model code may do in its container: nothing but answer. Seen from inside, by a model that tries."""

import json
from typing import Any

import docker
import pytest

from tests.integration import creator
from tests.integration.lake import Lake

pytestmark = pytest.mark.docker


def exec_pickle(code: str) -> bytes:
    """A pickle that runs `code` when it is loaded, as a hostile upload does."""
    # A dictionary of its own: inside the loader's frame functions would not see what the code imports.
    wrapped = f"exec({code!r}, {{}})"
    return b"cbuiltins\nexec\n(V" + wrapped.encode("raw_unicode_escape") + b"\ntR."


def _fail(lake: Lake, name: str, code: str) -> dict[str, Any]:
    """Upload a pickle whose loading runs `code`, which does not end well; the problem."""
    response = lake.call("POST", "/models", files=creator.form(*creator.iris(), name, model=exec_pickle(code)))
    assert response.status_code == 202, response.text
    job = lake.job(response.json()["job"])
    assert job["state"] == "failed", job
    return dict(job["problem"])


PROBE = """
import json, os, socket
def attempt(what):
    try:
        return repr(what())
    except BaseException as error:
        return type(error).__name__
def status(key):
    return [line.split()[1] for line in open('/proc/self/status') if line.startswith(key + ':')][0]
def write(path):
    return open(path, 'w').write('x')
report = {
    'uid': os.getuid(),
    'capabilities': [status('CapEff'), status('CapBnd')],
    'no_new_privileges': status('NoNewPrivs'),
    'seccomp': status('Seccomp'),
    'interfaces': sorted(os.listdir('/sys/class/net')),
    'connect': attempt(lambda: socket.create_connection(('1.1.1.1', 53), 3)),
    'resolve': attempt(lambda: socket.getaddrinfo('example.org', 443)),
    'write_root': attempt(lambda: write('/x')),
    'write_runtime': attempt(lambda: write('/opt/weles/runtime/x')),
    'write_model': attempt(lambda: write('/weles/model/model')),
    'write_tmp': attempt(lambda: write('/tmp/x')),
    'docker_socket': os.path.exists('/var/run/docker.sock'),
    'model_folder': sorted(os.listdir('/weles/model')),
    'environment': sorted(os.environ),
    'mounts': sorted(line.split()[1] for line in open('/proc/mounts') if line.split()[1].startswith('/weles')),
}
raise ValueError(json.dumps(report))
"""


@pytest.fixture(scope="module")
def report(lake: Lake) -> dict[str, Any]:
    return dict(json.loads(_fail(lake, "probe", PROBE)["message"]))


def test_no_root_no_capabilities(report: dict[str, Any]) -> None:
    assert report["uid"] != 0
    assert [int(each, 16) for each in report["capabilities"]] == [0, 0]
    assert report["no_new_privileges"] == "1"
    assert report["seccomp"] == "2"


def test_no_network(report: dict[str, Any]) -> None:
    assert report["interfaces"] == ["lo"]
    assert report["connect"] == "OSError"
    assert report["resolve"] == "gaierror"


def test_nothing_can_be_written_but_tmp(report: dict[str, Any]) -> None:
    assert [report[f"write_{where}"] for where in ("root", "runtime", "model")] == ["OSError"] * 3
    assert report["write_tmp"] == "1"


def test_one_model_and_nothing_else_is_seen(report: dict[str, Any]) -> None:
    # It may have waited for a model, with an order of what to import.
    assert {*report["model_folder"]} - {"warm.json"} == {"model", "model.json"}
    assert report["mounts"] == ["/weles/model", "/weles/run"]
    assert not report["docker_socket"]
    assert not [name for name in report["environment"] if "TOKEN" in name or "PROXY" in name.upper()]


def test_memory_is_limited(lake: Lake) -> None:
    code = "x = []\nwhile True:\n    x.append(bytearray(1 << 26))"
    assert _fail(lake, "hungry", code)["type"] == "/problems/model-out-of-memory"


FORKS = """
import os, time
n = 0
try:
    while n < 2000:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        n += 1
except OSError:
    pass
raise ValueError(str(n))
"""


def test_processes_are_limited(lake: Lake) -> None:
    assert 0 < int(_fail(lake, "forking", FORKS)["message"]) < 256


STRANGE = """
import json, os
with open('/weles/run/failure.json', 'w') as file:
    file.write('{"class": "\\\\ud800", "message": "a\\\\u0000b", "traceback": "t"}')
os._exit(3)
"""


def test_text_that_is_none_does_not_stop_the_job(lake: Lake) -> None:
    problem = _fail(lake, "strange", STRANGE)
    assert problem["type"] == "/problems/model-not-loadable"
    assert problem["error_class"] == "?"


DEEP = """
import os
os.chdir('/weles/run')
for _ in range(3000):
    os.mkdir('d')
    os.chdir('d')
raise ValueError('deep')
"""


def test_a_run_folder_that_nobody_can_walk_through_is_removed(lake: Lake) -> None:
    assert _fail(lake, "deep", DEEP)["message"] == "deep"
    assert _failed_folders(lake) == []


def _waits(lake: Lake, container: Any) -> bool:
    """It has been given no model yet."""
    return _waits_in(lake, container.labels["weles.folder"])


def _waits_in(lake: Lake, folder: str) -> bool:
    given = lake.home / "run" / "models" / folder
    return (given / "warm.json").exists() and not (given / "model.json").exists()


def test_nothing_of_a_failed_model_keeps_running(lake: Lake, engine: docker.DockerClient) -> None:
    names = ("probe", "hungry", "forking", "strange", "deep")
    assert {lake.call("GET", f"/models/{name}").json()["state"] for name in names} == {"failed"}
    left = engine.containers.list(all=True, ignore_removed=True, filters={"label": f"weles={lake.name}"})
    answering = {lake.run_folder(version) for version in _ready_versions(lake)}
    assert [each for each in left if each.labels["weles.folder"] not in answering and not _waits(lake, each)] == []
    assert _failed_folders(lake) == []


def _ready_versions(lake: Lake) -> set[str]:
    return {row.id for row in lake.sql("SELECT id FROM versions WHERE state = 'ready'")}


def _failed_folders(lake: Lake) -> list[str]:
    """Run folders that belong to no version which is ready, nor to a container that waits for one."""
    versions = lake.home / "run" / "versions"
    used = {
        (versions / version).readlink().name for version in _ready_versions(lake) if (versions / version).is_symlink()
    }
    folders = [each.name for each in (lake.home / "run" / "containers").iterdir()]
    return [each for each in folders if each not in used and not _waits_in(lake, each)]
