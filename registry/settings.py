"""Every setting of a lake: its environment variable, its default, its meaning."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self, cast

from registry.domain.wanted_runtimes import wanted_runtimes
from registry.domain.watermarks import Watermarks

VARIABLE_PREFIX = "WELES_"
_RUNNERS = ("docker", "kubernetes")
_TRUTHS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


@dataclass(frozen=True, slots=True)
class Settings:
    """Frozen settings. `from_environ` reads field `x` from `WELES_X`; sizes are bytes, times are seconds."""

    home: Path = field(default=Path("weles-home"), metadata={"help": "folder that holds everything of this lake"})
    host: str = field(default="127.0.0.1", metadata={"help": "address that the web process listens on"})
    port: int = field(default=8080, metadata={"help": "port that the web process listens on"})
    web_processes: int = field(default=2, metadata={"help": "gunicorn worker processes"})
    web_threads: int = field(default=16, metadata={"help": "threads of each web process"})
    database_url: str = field(default="", metadata={"help": "SQLAlchemy URL; default: SQLite in the home folder"})
    bucket: str = field(
        default="", metadata={"help": "s3://BUCKET/PREFIX for models and datasets; default: files in the home folder"}
    )
    s3_endpoint: str = field(default="", metadata={"help": "address of a store that speaks S3; default: Amazon's"})
    blob_cache_bytes: int = field(default=20 << 30, metadata={"help": "disk for what was read from the bucket last"})
    engine_home: str = field(
        default="", metadata={"help": "the home folder as the engine's machine sees it; default: the same"}
    )
    docker_host: str = field(default="", metadata={"help": "Docker Engine; default: DOCKER_HOST or the local socket"})
    image_registry: str = field(
        default="", metadata={"help": "OCI registry (host[:port][/path]) that images are brought to; default: none"}
    )
    builder: str = field(
        default="",
        metadata={
            "help": "BuildKit elsewhere that builds images: tcp://host:port, or a name in buildx; default: the engine"
        },
    )
    builder_certificates: str = field(
        default="", metadata={"help": "folder with ca.pem, cert.pem and key.pem for it; default: none"}
    )
    runner: str = field(default="docker", metadata={"help": "where models run: docker, or kubernetes"})
    secret: str = field(default="", metadata={"help": "what processes on several machines prove themselves with"})
    desk_url: str = field(default="", metadata={"help": "the worker's desk for web processes elsewhere; default: none"})
    desk_port: int = field(default=0, metadata={"help": "port of the desk for web processes elsewhere; default: none"})
    blobs_url: str = field(default="", metadata={"help": "where pods get their model: `weles-registry blobs`"})
    blobs_port: int = field(default=8081, metadata={"help": "port that `weles-registry blobs` listens on"})
    kubernetes_image: str = field(default="", metadata={"help": "image of the lake itself, for its part in every pod"})
    kubernetes_namespace: str = field(default="", metadata={"help": "namespace of pods; default: the worker's own"})
    kubernetes_owner: str = field(default="", metadata={"help": "ConfigMap that pods belong to, and go with"})
    kubernetes_pod: str = field(
        default="", metadata={"help": "JSON: nodeSelector, tolerations, runtimeClassName … of pods"}
    )
    kubernetes_cpu_request: float = field(default=0.1, metadata={"help": "processors that are kept for a pod"})
    max_upload_bytes: int = field(default=12 << 30, metadata={"help": "largest request body of an upload"})
    max_data_bytes: int = field(default=8 << 30, metadata={"help": "largest table of an upload, as it is sent"})
    max_predict_bytes: int = field(default=256 << 20, metadata={"help": "largest request body of a prediction"})
    builds_at_once: int = field(default=2, metadata={"help": "environments built at the same time"})
    build_seconds: int = field(default=3600, metadata={"help": "a build that takes longer is ended"})
    build_cache_bytes: int = field(
        default=10 << 30, metadata={"help": "steps of builds that the engine keeps although no image has them"}
    )
    max_containers: int = field(default=8, metadata={"help": "model containers at the same time"})
    prewarmed: int = field(
        default=1,
        metadata={"help": "containers that wait, packages imported, for the next model of an environment"},
    )
    max_kept_warm: int = field(default=2, metadata={"help": "models whose owners may have them kept warm"})
    container_memory: int = field(default=2 << 30, metadata={"help": "memory limit of a model container"})
    container_cpus: float = field(default=2.0, metadata={"help": "processor limit of a model container"})
    container_processes: int = field(
        default=0,
        metadata={"help": "processes of one model while questions wait long; default: one per processor of its limit"},
    )
    container_pids: int = field(default=256, metadata={"help": "process limit of a model container"})
    idle_seconds: int = field(default=300, metadata={"help": "a container without requests ends itself after this"})
    age_seconds: int = field(default=3600, metadata={"help": "a container older than this ends itself when idle"})
    lease_seconds: int = field(default=60, metadata={"help": "a container whose lease is not renewed ends itself"})
    start_seconds: int = field(default=120, metadata={"help": "a container must be ready to answer within this"})
    prediction_seconds: float = field(default=60.0, metadata={"help": "a prediction that takes longer is ended"})
    queue_seconds: float = field(default=30.0, metadata={"help": "a question waits this long for its turn at a model"})
    jobs_at_once: int = field(default=4, metadata={"help": "predictions, audits and explanations worked on at once"})
    max_job_values: int = field(
        default=2_000_000_000, metadata={"help": "most values (rows times columns) that one job may ask a model about"}
    )
    analysis_python: str = field(
        default="", metadata={"help": "interpreter that measures and explains; default: see docs/work.md"}
    )
    analysis_seconds: float = field(default=3600.0, metadata={"help": "an explanation that takes longer is ended"})
    grace_seconds: int = field(default=7 * 24 * 3600, metadata={"help": "what is deleted can be restored for so long"})
    disk_high: str = field(
        default="", metadata={"help": "images are pruned when the disk is fuller (85% or 200GB); default: never"}
    )
    disk_low: str = field(default="", metadata={"help": "until it is no fuller than this; default: a tenth below"})
    runtimes: str = field(
        default="", metadata={"help": "interpreters that the worker makes when missing, such as python 3.11, r 4.2"}
    )
    public_url: str = field(default="", metadata={"help": "address in permanent links; default: host and port"})
    login_attempts: int = field(
        default=10, metadata={"help": "wrong passwords per minute for one name from one address"}
    )
    anonymous: bool = field(default=False, metadata={"help": "who has no token may read and call what is public"})
    admin_name: str = field(default="admin", metadata={"help": "name of the first administrator"})
    admin_password: str = field(default="", metadata={"help": "password of the first administrator; default: none"})

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None, **given: object) -> Self:
        """Settings from `WELES_*` variables; what is given by name and not None comes first.

        `WELES_X_FILE` names a file that holds the value of `WELES_X`, a secret for instance. Raises ValueError, naming
        the variable, when a value cannot be read as its type, or its file not at all.
        """
        environ = _with_files(os.environ if environ is None else environ)
        values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        for each in fields(cls):
            variable = VARIABLE_PREFIX + each.name.upper()
            if each.name not in values and variable in environ:
                convert = _truth if each.type is bool else cast(Callable[[str], object], each.type)
                try:
                    values[each.name] = convert(environ[variable])
                except ValueError as error:
                    raise ValueError(
                        f"{variable}={environ[variable]!r} is not a {type(each.default).__name__}"
                    ) from error
        return cls(**values)

    def to_environ(self) -> dict[str, str]:
        """The variables from which `from_environ` reads the same settings."""
        return {VARIABLE_PREFIX + each.name.upper(): str(getattr(self, each.name)) for each in fields(self)}

    def __post_init__(self) -> None:
        object.__setattr__(self, "home", Path(self.home).resolve())
        if self.runner not in _RUNNERS:
            raise ValueError(f"WELES_RUNNER={self.runner!r} is not one of {', '.join(_RUNNERS)}")
        if self.builder and not self.image_registry:
            raise ValueError("WELES_BUILDER needs WELES_IMAGE_REGISTRY: images come from there to where they are used")
        for names, read in (
            ("WELES_DISK_HIGH and WELES_DISK_LOW", lambda: self.watermarks),
            ("WELES_RUNTIMES", lambda: self.wanted_runtimes),
        ):
            try:
                read()
            except ValueError as error:
                raise ValueError(f"{names}: {error}") from error

    @property
    def watermarks(self) -> Watermarks | None:
        """How full the disk may get; None when nobody looks."""
        return Watermarks.parse(self.disk_high, self.disk_low)

    @property
    def wanted_runtimes(self) -> list[tuple[str, str]]:
        """(language, version) of the interpreters that the lake is to have."""
        return wanted_runtimes(self.runtimes)

    @property
    def processes_of_a_model(self) -> int:
        """The most that a model's container may have."""
        return self.container_processes or max(1, int(self.container_cpus))

    @property
    def address(self) -> str:
        """Where people reach this lake, without a slash at the end."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    def on_engine(self, path: Path) -> str:
        """A path as the engine's machine calls it: another one only for what is in the home folder."""
        if not self.engine_home or not path.is_relative_to(self.home):
            return str(path)
        return str(Path(self.engine_home) / path.relative_to(self.home))

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.sqlite_file}"

    @property
    def sqlite_file(self) -> Path:
        """The database of a lake without a `database_url`."""
        return self.home / "lake.sqlite"

    @property
    def jobs_database(self) -> str:
        """DBOS's own tables: beside SQLite's file, in the same Postgres otherwise."""
        return self.database_url or f"sqlite:///{self.home / 'jobs.sqlite'}"

    @property
    def blobs_folder(self) -> Path:
        return self.home / "blobs"

    @property
    def blob_cache_folder(self) -> Path:
        """What was brought from the bucket; a lake without one has none."""
        return self.home / "blob-cache"

    @property
    def incoming_folder(self) -> Path:
        """What is on its way in, beside the blobs that it becomes; nothing there outlives a start."""
        return self.blobs_folder / "incoming"

    @property
    def packages_folder(self) -> Path:
        return self.home / "packages"

    @property
    def run_folder(self) -> Path:
        """Run folders of containers, and the desk's socket."""
        return self.home / "run"

    @property
    def spools_folder(self) -> Path:
        """What running jobs have got so far."""
        return self.home / "spools"

    @property
    def analysis_cache(self) -> Path:
        """Where the libraries of the analysis program keep their lists of fonts."""
        return self.home / "cache"

    @property
    def worker_lock(self) -> Path:
        """Held by the one worker of this home."""
        return self.home / "worker.lock"

    @property
    def desk_socket(self) -> Path:
        return self.run_folder / "desk"

    @property
    def admin_token_file(self) -> Path:
        return self.home / "admin-token"


def _with_files(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The variables, those of settings that are named by file read from there."""
    read = {}
    for each in fields(Settings):
        variable = VARIABLE_PREFIX + each.name.upper()
        file = environ.get(f"{variable}_FILE")
        if file and variable not in environ:
            try:
                read[variable] = Path(file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise ValueError(f"{variable}_FILE={file!r} cannot be read ({type(error).__name__})") from error
    return {**environ, **read}


def _truth(text: str) -> bool:
    try:
        return _TRUTHS[text.strip().lower()]
    except KeyError as error:
        raise ValueError(text) from error


def describe() -> list[tuple[str, str, str]]:
    """(variable, default, meaning) of every setting, for the README and `--help`."""

    def written(value: object) -> str:
        return str(value).lower() if isinstance(value, bool) else str(value)

    return [
        (VARIABLE_PREFIX + each.name.upper(), written(each.default), each.metadata["help"]) for each in fields(Settings)
    ]
