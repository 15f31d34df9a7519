"""The chart on a real cluster from install to uninstall: upload, predict, a second node, its loss, upgrade, rollback.

One release for the whole file: its tests build on each other, in this order.
"""

import base64
import json
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from helm_python import Config

from builders.report import SilentReport
from builders.runtimes import install_base
from tests import postgres
from tests.cluster import Cluster
from tests.conftest import ROOT, remove_lake

pytestmark = [pytest.mark.docker, pytest.mark.cluster]
NAME, NAMESPACE, HERE = "lake", "lake", "10.97.0.1"
PASSWORD = "a password of the test"
ENGINE = Path("/var/run/docker.sock")
WAIT_SECONDS = 180


class Doubles:
    def __reduce__(self) -> tuple[Any, ...]:
        return eval, ("type('D', (), {'predict': lambda self, rows: [2.0 * row[0] for row in rows]})()",)


class OnCluster:
    """The release, its values, and its API by the service's address."""

    def __init__(self, cluster: Cluster, values: dict[str, Any]) -> None:
        self.cluster = cluster
        self.values = values
        self.helm = Config(namespace=NAMESPACE, kubeconfig_path=cluster.kubeconfig)
        self._token = ""
        # The id of the version that the tests ask.
        self.first = ""

    @property
    def api(self) -> str:
        return f"http://{self.cluster.get('service', NAME, '-n', NAMESPACE)['spec']['clusterIP']}/api/v1"

    def call(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        if not self._token:
            login = {"name": "admin", "password": PASSWORD}
            self._token = requests.post(f"{self.api}/tokens", json=login, timeout=20).json()["token"]
        headers = {"Authorization": f"Bearer {self._token}"}
        return requests.request(method, self.api + path, headers=headers, timeout=120, **kwargs)

    def token_for(self, file: Path) -> None:
        """Write the administrator's token for programs outside, whole or not at all."""
        self.call("GET", "/health")
        beside = file.with_name(".token")
        beside.write_text(self._token)
        beside.rename(file)

    def upload(self, name: str) -> dict[str, Any]:
        """The job of a model that doubles, once it is over."""
        version = ".".join(map(str, sys.version_info[:3]))
        about = {"name": name, "flavour": "python", "language_version": version, "target": "y"}
        files = {
            "metadata": ("metadata.json", json.dumps(about), "application/json"),
            "model": ("model.pkl", pickle.dumps(Doubles(), protocol=4), "application/octet-stream"),
            "requirements": ("requirements.txt", b"", "text/plain"),
            "data": ("data.csv", "x,y\n1.5,3.0\n", "text/csv"),
        }
        answer = self.call("POST", "/models", files=files)
        assert answer.status_code == 202, answer.text
        return _until(lambda: self.job(answer.json()["job"]), f"the job of {name}")

    def job(self, job: str) -> dict[str, Any] | None:
        document: dict[str, Any] = self.call("GET", f"/jobs/{job}").json()
        return document if document["state"] in ("succeeded", "failed") else None

    def predict(self, name: str, value: float) -> Any:
        return self.call("POST", f"/models/{name}/predict", json=[{"x": value}])

    def doubles(self, name: str, value: float) -> bool:
        answer = self.predict(name, value)
        assert answer.status_code == 200, answer.text
        return bool(answer.json()["predictions"] == [{"prediction": 2 * value}])

    def pods(self, selector: str) -> list[Any]:
        return list(self.cluster.get("pods", "-n", NAMESPACE, "-l", selector)["items"])

    def wait(self) -> None:
        """Until the deployments are as they should be."""
        for name in ("worker", "web"):
            status = f"rollout status deployment/{NAME}-{name} -n {NAMESPACE} --timeout=90s".split()
            assert "successfully rolled out" in self.cluster.kubectl(*status, check=False), _state()
        # Routes of services may lag behind.
        _until(lambda: requests.get(f"{self.api}/health", timeout=2).ok, "the service")


def _until(look: Callable[[], Any], what: str, seconds: float = WAIT_SECONDS) -> Any:
    """What `look` gives, as soon as it is something."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = look()
        except requests.RequestException:
            found = None
        if found:
            return found
        if time.monotonic() > deadline:
            pytest.fail(f"waited too long for {what}\n{_state()}")
        time.sleep(0.5)


def _state() -> str:
    """What the cluster says of itself, for whoever must find out why."""
    config = f"--kubeconfig={os.environ['WELES_CLUSTER_WORK']}/admin.conf"
    said = []
    for command in (
        ["get", "pods", "-o", "wide"],
        ["get", "events", "--sort-by=.lastTimestamp"],
        ["logs", f"deployment/{NAME}-worker", "--all-containers", "--tail=80"],
        ["logs", f"deployment/{NAME}-web", "--all-containers", "--tail=400"],
    ):
        done = subprocess.run(
            ["kubectl", config, "-n", NAMESPACE, *command], capture_output=True, text=True, check=False
        )
        said.append((done.stdout + done.stderr)[-20000:])
    return "\n".join(said)


@pytest.fixture(scope="module")
def lake(kubernetes: Cluster, lake_images: dict[str, str]) -> Iterator[OnCluster]:
    install_base(kubernetes.engine, "python", f"{sys.version_info[0]}.{sys.version_info[1]}", SilentReport())
    home = Path(tempfile.mkdtemp(prefix="weles-home-", dir="/tmp"))
    home.chmod(0o755)
    shutil.chown(home, 10001, 10001)
    dns = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("dns.py"), kubernetes.kubeconfig, HERE], stdout=subprocess.DEVNULL
    )
    try:
        with postgres.server(listen=(HERE, 15432, "10.0.0.0/8")) as database:
            _prepare(kubernetes, home, database)
            yield OnCluster(
                kubernetes,
                {
                    "image": {each: kubernetes.push(image, f"weles/{each}") for each, image in lake_images.items()},
                    "existingSecret": "lake-secrets",
                    "home": {"existingClaim": "lake-home"},
                    "builder": {
                        "registry": kubernetes.registry,
                        "socket": str(ENGINE.resolve()),
                        "socketGroup": ENGINE.stat().st_gid,
                    },
                    "models": {"leaseSeconds": 30, "memory": 512 << 20, "startSeconds": 60},
                    "web": {"replicas": 1, "resources": {}},
                    "worker": {"resources": {}, **_site()},
                    "settings": {"WELES_CRAN": os.environ["WELES_CRAN"]},
                },
            )
    finally:
        dns.kill()
        dns.wait()
        name = home / "lake-id"
        if name.exists():
            remove_lake(kubernetes.engine, name.read_text().strip())
        shutil.rmtree(home, ignore_errors=True)


def _site() -> dict[str, Any]:
    """What this machine says of package indexes, as an operator would hand it on."""
    links = os.environ.get("PIP_FIND_LINKS", "")
    certificates = os.environ.get("PIP_CERT", "/etc/ssl/certs/ca-certificates.crt")
    paths = {certificates: "/etc/ssl/certs/ca-certificates.crt"}
    paths |= {each: each for each in [*links.split(), os.environ["WELES_CRAN"]] if Path(each).is_dir()}
    named = [(f"site-{number}", here, there) for number, (here, there) in enumerate(paths.items())]
    return {
        "extraVolumes": [{"name": name, "hostPath": {"path": here}} for name, here, _ in named],
        "extraVolumeMounts": [{"name": name, "mountPath": there, "readOnly": True} for name, _, there in named],
        "extraEnv": [{"name": "PIP_FIND_LINKS", "value": links}],
    }


def _prepare(cluster: Cluster, home: Path, database: str) -> None:
    """What an operator has before: a namespace, a volume, secrets."""
    cluster.kubectl("create", "namespace", NAMESPACE)
    secret = {"secret": os.urandom(16).hex(), "database-url": database, "admin-password": PASSWORD}
    encoded = {name: base64.b64encode(value.encode()).decode() for name, value in secret.items()}
    size = {"storage": "1Gi"}
    manifests = [
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "lake-secrets"}, "data": encoded},
        {
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "lake-home"},
            "spec": {
                "capacity": size, "accessModes": ["ReadWriteMany"], "storageClassName": "none",
                "hostPath": {"path": str(home)}, "persistentVolumeReclaimPolicy": "Retain",
            },
        },
        {
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "lake-home"},
            "spec": {
                "accessModes": ["ReadWriteMany"], "storageClassName": "none", "volumeName": "lake-home",
                "resources": {"requests": size},
            },
        },
    ]  # fmt: skip
    for each in manifests:
        cluster.kubectl("apply", "-n", NAMESPACE, "-f", "-", given=json.dumps(each))


def test_install_upload_and_predict(lake: OnCluster) -> None:
    lake.helm.install(str(ROOT / "deploy" / "helm" / "weles"), NAME, lake.values, namespace=NAMESPACE)
    lake.wait()
    job = lake.upload("first")
    assert job["state"] == "succeeded", job
    assert lake.doubles("first", 21.0)
    # Beside it one may wait already for the next model.
    (pod,) = (each for each in lake.pods("weles.role=runtime") if each["metadata"]["labels"]["weles.version"])
    lake.first = pod["metadata"]["labels"]["weles.version"]
    assert lake.cluster.registry in pod["spec"]["containers"][0]["image"]
    assert pod["metadata"]["ownerReferences"][0]["name"] == "lake-models"


def test_the_charts_own_test(lake: OnCluster) -> None:
    lake.helm.test(NAME)


@pytest.mark.deploy
def test_the_languages_cross_as_in_make_demo(lake: OnCluster) -> None:
    """`cross.sh` is started by `run.sh`, outside, as soon as there is a token."""
    address = lake.api.removeprefix("http://").removesuffix("/api/v1")
    bridge = subprocess.Popen(
        [
            sys.executable,
            Path(__file__).with_name("bridge.py"),
            f"unix:{lake.cluster.work}/lake.sock",
            f"tcp:{address}:80",
        ]
    )
    try:
        lake.token_for(lake.cluster.work / "token")
        code = lake.cluster.work / "crossing.code"
        _until(code.exists, "the crossing", 600)
        said = (lake.cluster.work / "crossing.log").read_text()
        assert code.read_text().strip() == "0", said[-4000:] + _state()
        assert "All 6 crossings agree" in said
    finally:
        bridge.kill()
        bridge.wait()


def test_a_second_node_and_its_loss_in_the_middle_of_predictions(lake: OnCluster) -> None:
    lake.cluster.add_node()
    # Only the new node takes pods: the next model is there.
    lake.cluster.kubectl("cordon", "node1")
    (model,) = lake.pods(f"weles.version={lake.first}")
    lake.cluster.kubectl("delete", "pod", "-n", NAMESPACE, model["metadata"]["name"], "--grace-period=0", "--force")
    _until(lambda: lake.predict("first", 1.0).status_code == 200, "a model on the second node")
    (moved,) = lake.pods(f"weles.version={lake.first}")
    assert moved["spec"]["nodeName"] == "node2"
    lake.cluster.kubectl("uncordon", "node1")

    answers: list[tuple[float, int, bool]] = []
    told: set[str] = set()
    done = threading.Event()

    def ask() -> None:
        value = 1.0
        while not done.is_set():
            value += 1
            try:
                answer = lake.predict("first", value)
                right = answer.status_code == 200 and answer.json()["predictions"] == [{"prediction": 2 * value}]
                answers.append((time.monotonic(), answer.status_code, right))
                if not right:
                    told.add(answer.text)
            except requests.RequestException:
                answers.append((time.monotonic(), 0, False))
            time.sleep(0.05)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for each in threads:
        each.start()
    time.sleep(3)
    lost = time.monotonic()
    lake.cluster.lose_node()
    _until(lambda: any(right and at > lost + 2 for at, _, right in answers), "an answer from the node that is left", 90)
    back = next(at for at, _, right in answers if right and at > lost + 2)
    time.sleep(3)
    done.set()
    for each in threads:
        each.join()
    # What was answered was right; what was not, was said to be the lake's fault, or asked again there.
    assert all(right for _, status, right in answers if status == 200)
    if not {status for _, status, right in answers if not right} <= {503, 504}:
        pytest.fail("\n".join([*told, _state()]))
    (now,) = (each for each in lake.pods(f"weles.version={lake.first}") if each["spec"]["nodeName"] == "node1")
    print(f"the node was lost; answered again after {back - lost:.1f} s; not answered: "
          f"{sum(not right for _, _, right in answers)} of {len(answers)}; now {now['metadata']['name']}")  # fmt: skip


def _is_ready(node: Any) -> bool:
    return any(each["type"] == "Ready" and each["status"] == "True" for each in node["status"]["conditions"])


def test_upgrade_and_rollback(lake: OnCluster) -> None:
    # Until the cluster knows that the node is gone, it gives it work.
    _until(lambda: not _is_ready(lake.cluster.get("node", "node2")), "the cluster to miss its node")
    before = {each["metadata"]["name"] for each in lake.pods(f"weles.version={lake.first}")}
    changed = {**lake.values, "settings": {"WELES_PREDICTION_SECONDS": "30"}}
    lake.helm.upgrade(str(ROOT / "deploy" / "helm" / "weles"), NAME, changed, namespace=NAMESPACE)
    lake.wait()
    assert lake.doubles("first", 3.0)
    # The new worker took over what the old one had.
    assert before & {each["metadata"]["name"] for each in lake.pods(f"weles.version={lake.first}")}
    lake.helm.rollback(NAME, version=1)
    lake.wait()
    assert lake.doubles("first", 4.0)
    assert [each["revision"] for each in lake.helm.history(NAME)] == [1, 2, 3]


def test_uninstalling_leaves_nothing(lake: OnCluster) -> None:
    lake.helm.uninstall(NAME)
    kinds = (
        "pods,deployments,replicasets,jobs,services,configmaps,serviceaccounts,roles,rolebindings,networkpolicies,pdb"
    )
    ours = ("default", "kube-root-ca.crt")

    def left() -> list[str]:
        found = lake.cluster.get(kinds, "-n", NAMESPACE)["items"]
        # What was on the lost node is known to nobody but it.
        return [
            f"{each['kind']}/{each['metadata']['name']}"
            for each in found
            if each["metadata"]["name"] not in ours and each.get("spec", {}).get("nodeName") != "node2"
        ]

    _until(lambda: not left(), "everything to be gone")
