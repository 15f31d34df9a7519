"""What the cluster says of a pod, read.  (pure)"""

from typing import Any

from registry.domain.errors.lake import BuilderUnavailable
from registry.domain.errors.model import ModelNotLoadable
from registry.domain.ports.runner import Ending, ImageGone
from registry.runners.pods import MODEL

_NO_SUCH_IMAGE = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull")
_NEVER_STARTS = ("CreateContainerConfigError", "CreateContainerError", "RunContainerError")


def has_started(seen: Any, name: str) -> bool:
    return any(each.name == name and (each.state.running or each.state.terminated) for each in _statuses(seen))


def ended(seen: Any) -> Ending | None:
    """How the model's container ended; None while it has not."""
    for each in seen.status.container_statuses or ():
        if each.name == MODEL and each.state.terminated is not None:
            return Ending(each.state.terminated.exit_code, each.state.terminated.reason == "OOMKilled")
    return None


def never_starts(seen: Any) -> Exception | None:
    """Why its containers will never start; None as long as they may."""
    name = seen.metadata.name
    bring = next((each for each in seen.status.init_container_statuses or ()), None)
    if bring is not None and bring.state.terminated is not None and bring.state.terminated.exit_code:
        return BuilderUnavailable(f"the pod {name} could not get its model from the lake")
    for reason, message in _waits_for(seen):
        if reason in _NO_SUCH_IMAGE and _is_missing(message):
            return ImageGone(message)
        if reason in _NO_SUCH_IMAGE:
            return BuilderUnavailable(f"the cluster cannot pull an image of {name}: {message or reason}")
        if reason in _NEVER_STARTS:
            return BuilderUnavailable(f"the cluster cannot start {name}: {message or reason}")
    if seen.status.phase == "Failed":
        return BuilderUnavailable(f"the pod {name} failed: {seen.status.message or seen.status.reason}")
    return None


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


def _statuses(seen: Any) -> list[Any]:
    return [*(seen.status.init_container_statuses or ()), *(seen.status.container_statuses or ())]


def _waits_for(seen: Any) -> list[tuple[str, str]]:
    """(reason, message) of what the pod's containers wait for."""
    waiting = [each.state.waiting for each in _statuses(seen) if each.state.waiting is not None]
    return [(each.reason or "", each.message or "") for each in waiting]


def _is_missing(message: str) -> bool:
    """Whether the registry answered, and has no such image."""
    return "not found" in message.lower() or "manifest unknown" in message.lower()
