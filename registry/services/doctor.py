"""What a client may know of an environment before it uploads a model with it."""

from dataclasses import dataclass

from builders.spec import ParsedSpec
from registry.domain.access import Right, Thing
from registry.domain.entities import Json, User
from registry.domain.errors.families import CallerError
from registry.domain.errors.invalid import InvalidEnvironment
from registry.domain.errors.state import NotFound
from registry.domain.ports.desk import Desk
from registry.domain.ports.doctor import Doctor
from registry.services.access import AccessService
from registry.services.upload import choose, read_requirements


@dataclass(frozen=True, slots=True)
class EnvironmentQuestion:
    """An environment as an upload would send it. `filename` is a hint at the form of the requirements."""

    requirements: bytes
    language: str
    language_version: str
    filename: str = ""


class DoctorService:
    """Reads the environment here, where nothing can happen, and has it resolved by the worker."""

    def __init__(self, doctor: Doctor, desk: Desk, access: AccessService) -> None:
        self._doctor = doctor
        self._desk = desk
        self._access = access

    def verdict(self, user: User, question: EnvironmentQuestion) -> Json:
        """The verdict; what is wrong with the environment is in it, as data.

        Raises BuilderUnavailable, RuntimeNotReady and LakeBusy: what is wrong with the lake.
        """
        try:
            parsed = read_requirements(
                question.requirements, question.language, question.language_version, question.filename
            )
        except InvalidEnvironment as error:
            return _refused(error)
        try:
            choice = choose(parsed.spec, self._desk.runtimes().bases)
        except InvalidEnvironment as error:
            return _refused(error) | {"repairs": _repairs(parsed)}
        verdict = self._doctor.examine(parsed.spec, choice.base)
        repairs = [*_repairs(parsed), *verdict["repairs"]]
        return {
            **verdict,
            "repairs": repairs,
            "note": choice.note,
            "problems": [],
            "shares": self._shown(user, verdict["shares"]),
            "next": (verdict["diagnosis"] or {}).get("suggestion", ""),
        }

    def _shown(self, user: User, shares: Json | None) -> Json | None:
        """Environments of models that the user may not see have no name here."""
        if shares is None:
            return None
        try:
            self._access.require(user, Right.SEE, Thing.ENVIRONMENT, shares["environment"])
        except (NotFound, CallerError):
            return shares | {"environment": None}
        return shares


def _repairs(parsed: ParsedSpec) -> list[Json]:
    return [repair.to_json() for repair in parsed.repairs]


def _refused(error: InvalidEnvironment) -> Json:
    """The verdict on an environment that cannot be resolved at all."""
    problems = error.fields["problems"] or [{"line": 0, "text": "", "reason": error.detail}]
    return {
        "ok": False,
        "base": None,
        "note": None,
        "environment": None,
        "image": {"exists": False, "bytes": None},
        "packages": [],
        "libraries": [],
        "compiles": [],
        "package_bytes": 0,
        "download_bytes": 0,
        "repairs": [],
        "problems": problems,
        "shares": None,
        "diagnosis": None,
        "next": error.next,
    }
