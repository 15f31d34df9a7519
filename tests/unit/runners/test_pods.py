"""What a pod of a model is: the site may say where it runs, and nothing else."""

from pathlib import Path
from typing import Any

import pytest

from registry.domain.ports.runner import RunnableVersion
from registry.runners import pods

SETTINGS = pods.PodSettings(
    lake="lake1",
    image="registry.example/weles/worker:1",
    memory=1 << 30,
    cpus=1.5,
    processes=1,
    cpu_request=0.25,
    idle_seconds=600,
    age_seconds=3600,
    lease_seconds=30,
    longest_seconds=7300,
    site={},
)
VERSION = RunnableVersion(
    "5f3a", "sha256:1", Path("/blobs/1"), {}, environment_id="sha256:2", image_reference="registry.example/e@sha256:3"
)


def spec(site: dict[str, Any] | None = None, **changes: Any) -> Any:
    settings = pods.PodSettings(
        **{**{name: getattr(SETTINGS, name) for name in SETTINGS.__slots__}, "site": site or {}}
    )
    given = {"key": "00", "brings": {"WELES_MODEL_URL": "http://10.0.0.1/m"}, "owner": None}
    return pods.pod("weles-1", "folder1", VERSION, settings, **{**given, **changes})["spec"]


def test_no_container_has_rights_and_the_model_has_neither_token_nor_key() -> None:
    document = spec()
    assert document["automountServiceAccountToken"] is False
    for each in (*document["initContainers"], *document["containers"]):
        assert each["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert each["securityContext"]["readOnlyRootFilesystem"] is True
        assert each["securityContext"]["runAsNonRoot"] is True
        assert {"cpu", "memory", "ephemeral-storage"} == {*each["resources"]["limits"]}
    model = next(each for each in document["containers"] if each["name"] == pods.MODEL)
    assert not [each for each in model["env"] if "KEY" in each["name"] or "URL" in each["name"]]
    assert next(each for each in model["volumeMounts"] if each["name"] == "model")["readOnly"] is True


def test_a_site_says_where_pods_run_and_nothing_else() -> None:
    document = spec({"nodeSelector": {"pool": "models"}, "automountServiceAccountToken": True, "hostNetwork": True})
    assert document["nodeSelector"] == {"pool": "models"}
    assert document["automountServiceAccountToken"] is False
    assert "hostNetwork" not in document


def test_nodes_that_do_not_answer_come_last_beside_what_the_site_prefers() -> None:
    own = {"weight": 5, "preference": {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}}
    needed = {"nodeSelectorTerms": []}
    site = {
        "affinity": {
            "podAffinity": {},
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": needed,
                "preferredDuringSchedulingIgnoredDuringExecution": [own],
            },
        }
    }
    affinity = spec(site, avoid=["node2", "node7"])["affinity"]
    fields = affinity["nodeAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"][1]["preference"]["matchFields"]
    assert [each["values"] for each in fields] == [["node2"], ["node7"]]
    assert {each["operator"] for each in fields} == {"NotIn"}
    assert affinity["nodeAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"][0] == own
    assert affinity["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"] == needed
    assert affinity["podAffinity"] == {}
    assert "affinity" not in spec()


def test_a_pod_that_waits_is_nobodys_and_its_relay_alone_may_bring_a_model() -> None:
    def writers(document: Any) -> list[str]:
        mounts = [(each["name"], mount) for each in document["containers"] for mount in each["volumeMounts"]]
        return [name for name, mount in mounts if mount["name"] == "model" and not mount["readOnly"]]

    assert (writers(spec()), writers(spec(waits=True))) == ([], [pods.RELAY])
    whole = pods.pod("weles-1", "folder1", VERSION, SETTINGS, key="00", brings={}, waits=True, owner=None)
    assert whole["metadata"]["labels"][pods.VERSION] == ""


def test_without_an_image_in_a_registry_there_is_no_pod() -> None:
    with pytest.raises(ValueError, match="registry"):
        pods.pod(
            "weles-1", "folder1", RunnableVersion("5f3a", "sha256:1", Path("/blobs/1"), {}), SETTINGS,
            key="00", brings={}, owner=None,
        )  # fmt: skip
