"""Settings that an operator should know the risk of (pure)."""

from dataclasses import dataclass

from registry.settings import Settings

_LOCAL = ("127.0.0.1", "::1", "localhost")
_MANY_GUESSES = 100


@dataclass(frozen=True, slots=True)
class Risk:
    variable: str
    risk: str
    instead: str


def risks(settings: Settings, machine_memory: int) -> list[Risk]:
    """What the settings risk on a machine with so many bytes of memory."""
    found = []
    if settings.host not in _LOCAL and not settings.public_url.startswith("https://"):
        risk = "tokens and passwords go over the network as they are"
        found.append(Risk("WELES_HOST", risk, "put a proxy with TLS before it, and its address into WELES_PUBLIC_URL"))
    if settings.anonymous:
        found.append(Risk("WELES_ANONYMOUS", "whoever reaches the lake may call what is public", "leave it false"))
    if settings.admin_password:
        risk = "the password is in the environment of every process of the lake"
        found.append(Risk("WELES_ADMIN_PASSWORD", risk, "unset it after the first start"))
    if settings.docker_host.startswith("tcp://"):
        risk = "whoever reaches that port is root on the engine's machine"
        found.append(Risk("WELES_DOCKER_HOST", risk, "use the Unix socket, or ssh://"))
    if settings.builder.startswith("tcp://") and not settings.builder_certificates:
        risk = "whoever reaches that port builds there, and may change what others get"
        found.append(Risk("WELES_BUILDER", risk, "have it ask for certificates: WELES_BUILDER_CERTIFICATES"))
    if settings.max_containers * settings.container_memory > machine_memory:
        risk = "models together may take more memory than the machine has"
        found.append(Risk("WELES_MAX_CONTAINERS", risk, "lower it, or WELES_CONTAINER_MEMORY"))
    if settings.watermarks is None:
        risk = "nothing gives images up when the disk is full; then builds fail"
        found.append(Risk("WELES_DISK_HIGH", risk, "set it, to 85% for example, on a machine that is the lake's own"))
    if settings.login_attempts > _MANY_GUESSES:
        risk = f"passwords may be guessed {settings.login_attempts} times a minute"
        found.append(Risk("WELES_LOGIN_ATTEMPTS", risk, "lower it to 10"))
    if settings.grace_seconds == 0:
        found.append(Risk("WELES_GRACE_SECONDS", "what is deleted by mistake is lost at once", "leave it at a week"))
    return found
