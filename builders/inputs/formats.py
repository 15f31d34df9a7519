"""Which format a text has, by its content and by the name of its file → what it declares (pure)."""

from collections.abc import Callable
from dataclasses import dataclass

from builders.errors import InvalidSpec, LineProblem
from builders.inputs.conda_environment import TEXT_BYTES as YAML_BYTES
from builders.inputs.conda_environment import is_conda_environment, read_conda_environment
from builders.inputs.conda_list import is_conda_list, read_conda_list
from builders.inputs.declaration import Declaration
from builders.inputs.pipfile_lock import is_pipfile_lock, read_pipfile_lock
from builders.inputs.poetry_lock import is_poetry_lock, read_poetry_lock
from builders.inputs.pyproject import is_pyproject, read_pyproject
from builders.inputs.requirements_file import is_pip_table, read_pip_table, read_requirements_file
from builders.inputs.standard_lock import is_pylock, read_pylock
from builders.inputs.uv_lock import is_uv_lock, read_uv_lock
from builders.requirement_draft import Target, shown
from builders.requirement_lines import TEXT_BYTES, TEXT_LINES, check_limits

LOCK_BYTES = 4 << 20
LOCK_LINES = 100_000


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file. `endings` are the ends of its usual file names, in lower case."""

    name: str
    endings: tuple[str, ...]
    is_it: Callable[[str], bool]
    read: Callable[[str, Target], Declaration]
    most_bytes: int = TEXT_BYTES
    most_lines: int = TEXT_LINES


# From top to bottom, the first that recognises the text; the last one takes every text.
FORMATS: tuple[Format, ...] = (
    Format(
        "Pipfile.lock", ("pipfile.lock",), is_pipfile_lock, lambda t, _: read_pipfile_lock(t), LOCK_BYTES, LOCK_LINES
    ),
    Format("uv.lock", ("uv.lock",), is_uv_lock, read_uv_lock, LOCK_BYTES, LOCK_LINES),
    Format("poetry.lock", ("poetry.lock",), is_poetry_lock, lambda t, _: read_poetry_lock(t), LOCK_BYTES, LOCK_LINES),
    Format("pylock.toml", ("pylock.toml",), is_pylock, read_pylock, LOCK_BYTES, LOCK_LINES),
    Format("pyproject.toml", ("pyproject.toml",), is_pyproject, lambda t, _: read_pyproject(t)),
    Format(
        "environment.yml", (".yml", ".yaml"), is_conda_environment, lambda t, _: read_conda_environment(t), YAML_BYTES
    ),
    Format("conda list", (), is_conda_list, lambda t, _: read_conda_list(t)),
    Format("pip list", (), is_pip_table, lambda t, _: read_pip_table(t)),
    Format("requirements", (".txt", ".in"), lambda _: True, lambda t, _: read_requirements_file(t)),
)
_NAMES = ", ".join(each.name for each in FORMATS)


def format_of(text: str, filename: str = "") -> Format:
    """Raises InvalidSpec when the file's name says that it is of a format, and its content is not."""
    recognised = next(each for each in FORMATS if each.is_it(text))
    bare = filename.replace("\\", "/").rpartition("/")[2].lower()
    said = next((each for each in FORMATS if bare.endswith(each.endings)), None) if bare else None
    if recognised is FORMATS[-1] and said is not None and said is not FORMATS[-1]:
        raise InvalidSpec(
            (LineProblem(0, shown(bare), f"its name says that it is {said.name}, and its content does not"),)
        )
    if recognised is FORMATS[-1] and text.lstrip("\ufeff \t\r\n").startswith("{"):
        raise InvalidSpec((LineProblem(0, "", f"this JSON is no Pipfile.lock; what can be read: {_NAMES}"),))
    return recognised


def read_declaration(text: str, filename: str, target: Target) -> Declaration:
    """What the text declares. Raises InvalidSpec when it is too large or cannot be read."""
    check_limits(text, most_bytes=LOCK_BYTES, most_lines=LOCK_LINES)
    form = format_of(text, filename)
    check_limits(text, most_bytes=form.most_bytes, most_lines=form.most_lines)
    return form.read(text, target)
