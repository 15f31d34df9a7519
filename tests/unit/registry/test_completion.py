"""What the commands print for shells is what those shells take, and completes."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent
CLICK = ("weles-admin", "weles-registry")


def script(program: str, shell: str) -> str:
    done = subprocess.run([BIN / program, "completion", shell], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


def bash(text: str) -> list[str]:
    done = subprocess.run(
        ["bash", "--norc", "-c", text],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={"PATH": f"{BIN}:/usr/bin:/bin"},
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    ("program", "words", "expected"),
    [
        ("weles-admin", ["ima"], ["images"]),
        ("weles-admin", ["images", "p"], ["plan", "pin", "prune"]),
        ("weles-admin", ["images", "prune", "--ke"], ["--keep"]),
        ("weles-registry", ["ser"], ["serve"]),
    ],
)
def test_bash_completes_words_of_the_operators_commands(program: str, words: list[str], expected: list[str]) -> None:
    function = f"_{program.replace('-', '_')}_completion"
    line = " ".join([program, *words])
    found = bash(
        f'eval "$({program} completion bash)"; COMP_WORDS=({line}); COMP_CWORD={len(words)}; '
        f'{function} {program}; printf "%s\\n" "${{COMPREPLY[@]}}"'
    )
    assert sorted(found) == sorted(expected)


def test_bash_completes_words_of_the_client() -> None:
    found = bash(
        'eval "$(weles completion bash)"; COMP_WORDS=(weles comp); COMP_CWORD=1; _shtab_weles; '
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    assert sorted(found) == ["compare", "completion"]


@pytest.mark.parametrize("program", [*CLICK, "weles"])
@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_take_it(program: str, shell: str, tmp_path: Path) -> None:
    text = script(program, shell)
    assert program in text
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not on this machine")
    (tmp_path / "script").write_text(text)
    subprocess.run([shell, "-n", tmp_path / "script"], check=True, timeout=60)
