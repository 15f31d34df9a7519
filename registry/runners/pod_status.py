"""What the cluster says of a pod, read.  (pure)"""

from typing import Any

from registry.domain.errors.lake import BuilderUnavailable
from registry.domain.errors.model import ModelNotLoadable
from registry.domain.ports.runner import Ending
from registry.runners.pods import MODEL

NO_SUCH_IMAGE = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull")
NEVER_STARTS = ("CreateContainerConfigError", "CreateContainerError", "RunContainerError")


def _statuses(seen: Any) -> list[Any]:
    return [*(seen.status.init_container_statuses or ()), *(seen.status.container_statuses or ())]


def has_started(seen: Any, name: str) -> bool:
    return any(each.name == name and (each.state.running or each.state.terminated) for each in _statuses(seen))


def ended(seen: Any) -> Ending | None:
    """How the model's container ended; None while it has not."""
    for each in seen.status.container_statuses or ():
        if each.name == MODEL and each.state.terminated is not None:
            return Ending(each.state.terminated.exit_code, each.state.terminated.reason == "OOMKilled")
    return None


def waits_for(seen: Any) -> list[tuple[str, str]]:
    """(reason, message) of what the pod's containers wait for."""
    waiting = [each.state.waiting for each in _statuses(seen) if each.state.waiting is not None]
    return [(each.reason or "", each.message or "") for each in waiting]


def is_missing(message: str) -> bool:
    """Whether the registry answered, and has no such image."""
    return "not found" in message.lower() or "manifest unknown" in message.lower()


def too_late(seen: Any, seconds: int) -> Exception:
    """Whose fault it is that nothing was ready in time."""
    if seen is None:
        return BuilderUnavailable("the cluster has not said anything about the pod")
    for condition in seen.status.conditions or ():
        if condition.type == "PodScheduled" and condition.status != "True":
            return BuilderUnavailable(f"the cluster has no room for one more pod: {condition.message}")
    if not has_started(seen, MODEL):
        return BuilderUnavailable(f"the pod did not start within {seconds} seconds")
    return ModelNotLoadable("TimeoutError", f"not loaded within {seconds} seconds", "")
