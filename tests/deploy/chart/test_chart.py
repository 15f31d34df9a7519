"""The chart without a cluster: lint, what its values may be, and its manifests by the schemas of several Kubernetes."""

from typing import Any

import kubernetes_validate
import pytest
import yaml
from helm_python import Chart, lint
from helm_python.errors import HelmError

from registry.settings import describe
from tests.conftest import ROOT

CHART = ROOT / "deploy" / "helm" / "weles"
NEEDED: dict[str, Any] = {
    "image": {"web": "example/web:1", "worker": "example/worker:1"},
    "existingSecret": "lake",
    "builder": {"registry": "registry.example:5000"},
}
ALL: dict[str, Any] = {
    **NEEDED,
    "builder": {
        "registry": "registry.example:5000/lake",
        "socket": "/run/docker.sock",
        "socketGroup": 999,
        "buildkit": "tcp://buildkit.example:1234",
        "buildkitSecret": "buildkit",
    },
    "web": {"autoscaling": {"enabled": True}, "nodeSelector": {"disk": "fast"}},
    "worker": {"extraEnv": [{"name": "A", "value": "b"}]},
    "models": {"pod": {"nodeSelector": {"for": "models"}, "tolerations": [{"key": "models", "operator": "Exists"}]}},
    "ingress": {"enabled": True, "className": "nginx", "tlsSecret": "tls", "annotations": {"a": "b"}},
    "serviceMonitor": {"enabled": True, "labels": {"team": "ml"}, "tokenSecret": {"name": "scraper", "key": "token"}},
    "networkPolicy": {"from": [{"podSelector": {}}]},
    "settings": {"WELES_ANONYMOUS": "true"},
}
VERSIONS = ("1.25", "1.28", "1.30", "1.32", "1.34")
# Served before by names that the newest schemas have no more.
OLD = {"policy/v1beta1", "networking.k8s.io/v1beta1"}


def _rendered(values: dict[str, Any]) -> list[dict[str, Any]]:
    texts = Chart.load(str(CHART)).render(values=values, name="lake", namespace="ml")
    return [each for text in texts.values() for each in yaml.safe_load_all(text) if each]


def _of_kind(values: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each for each in _rendered(values) if each["kind"] == kind]


@pytest.mark.parametrize("values", [NEEDED, ALL])
def test_helm_finds_nothing_wrong(values: dict[str, Any]) -> None:
    found = lint(str(CHART), values, strict=True, namespace="ml")
    # An icon is a matter of taste.
    messages = [each for each in found.get("messages", []) if "icon" not in str(each)]
    assert messages == [], found


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("values", [NEEDED, ALL], ids=["least", "most"])
def test_every_manifest_is_what_kubernetes_expects(values: dict[str, Any], version: str) -> None:
    manifests = _rendered(values)
    assert len(manifests) >= 12
    for each in manifests:
        if each["apiVersion"] not in OLD:
            kubernetes_validate.validate(each, version, strict=True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"existingSecret": ""},
        {"image": {"web": "", "worker": "x"}},
        {"builder": {"registry": ""}},
        {"builder": {"registry": "https://registry.example"}},
        {"builder": {"registry": "registry.example", "buildkit": "kube-pod://buildkit"}},
        {"web": {"replicas": 0}},
        {"web": {"replicaz": 2}},
        {"models": {"pod": {"hostNetwork": True}}},
        {"settings": {"WELES_SECRET": "in plain sight"}},
        {"settings": {"PATH": "/"}},
        {"settings": {"WELES_BUCKET": "s3://lake"}},
        {"unknown": 1},
    ],
)
def test_values_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(HelmError):
        Chart.load(str(CHART)).validate_schema({**NEEDED, **wrong})


def test_every_setting_can_be_given_but_what_the_chart_says_itself() -> None:
    own = {"WELES_HOME", "WELES_SECRET", "WELES_DATABASE_URL", "WELES_ADMIN_PASSWORD", "WELES_RUNNER", "WELES_BUCKET"}
    names = {variable for variable, _, _ in describe()}
    Chart.load(str(CHART)).validate_schema({**NEEDED, "settings": dict.fromkeys(names - own, "1")})
    for name in own & names:
        with pytest.raises(HelmError):
            Chart.load(str(CHART)).validate_schema({**NEEDED, "settings": {name: "1"}})


def test_only_the_worker_may_speak_to_the_cluster() -> None:
    deployments = {each["metadata"]["name"]: each["spec"]["template"]["spec"] for each in _of_kind(ALL, "Deployment")}
    assert deployments["lake-web"]["automountServiceAccountToken"] is False
    assert "serviceAccountName" not in deployments["lake-web"]
    assert deployments["lake-worker"]["serviceAccountName"] == "lake-worker"
    (role,) = _of_kind(ALL, "Role")
    assert role["rules"][0] == {
        "apiGroups": [""], "resources": ["pods"], "verbs": ["create", "delete", "get", "list", "patch", "watch"],
    }  # fmt: skip
    assert _of_kind(ALL, "ClusterRole") == []


def test_the_worker_is_told_of_a_buildkit_and_shows_it_a_certificate() -> None:
    (pod,) = (
        each["spec"]["template"]["spec"]
        for each in _of_kind(ALL, "Deployment")
        if each["metadata"]["name"] == "lake-worker"
    )
    (worker,) = pod["containers"]
    environment = {each["name"]: each.get("value") for each in worker["env"]}
    assert environment["WELES_BUILDER"] == "tcp://buildkit.example:1234"
    mounts = {each["name"]: each["mountPath"] for each in worker["volumeMounts"]}
    assert mounts["buildkit"] == environment["WELES_BUILDER_CERTIFICATES"]
    assert {"name": "buildkit", "secret": {"secretName": "buildkit"}} in pod["volumes"]


def test_every_container_is_without_rights() -> None:
    pods = [each["spec"]["template"]["spec"] for each in (*_of_kind(ALL, "Deployment"), *_of_kind(ALL, "Job"))]
    pods += [each["spec"] for each in _of_kind(ALL, "Pod")]
    containers = [each for pod in pods for each in (*pod["containers"], *pod.get("initContainers", ()))]
    assert len(containers) == 6
    assert all(pod["securityContext"]["runAsNonRoot"] is True for pod in pods)
    for each in containers:
        context = each["securityContext"]
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert (context["allowPrivilegeEscalation"], context["readOnlyRootFilesystem"]) == (False, True)


def test_models_reach_nothing_but_their_files() -> None:
    (policy,) = (each for each in _of_kind(ALL, "NetworkPolicy") if each["metadata"]["name"] == "lake-models")
    spec = policy["spec"]
    assert spec["podSelector"] == {"matchLabels": {"weles.role": "runtime"}}
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    (way_out,) = spec["egress"]
    assert way_out["ports"] == [{"protocol": "TCP", "port": 8081}]
    assert [*way_out["to"][0]] == ["podSelector"]
    (way_in,) = spec["ingress"]
    assert way_in["ports"] == [{"protocol": "TCP", "port": 8500}]


def test_no_secret_is_in_a_manifest() -> None:
    assert _of_kind(ALL, "Secret") == []
    for deployment in _of_kind(ALL, "Deployment"):
        for container in deployment["spec"]["template"]["spec"]["containers"]:
            for variable in container["env"]:
                if variable["name"] in ("WELES_SECRET", "WELES_DATABASE_URL", "WELES_ADMIN_PASSWORD"):
                    assert "value" not in variable
