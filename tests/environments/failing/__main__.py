"""`python -m tests.environments.failing`: every failing environment really run, and what was said of each.

`--write FILE` puts the table into a document, `--record` keeps the logs, names choose some of the cases.
"""

import argparse
import datetime
import ipaddress
import sys
import tempfile
import time
import uuid
from importlib.metadata import version
from pathlib import Path

import docker

from tests.conftest import remove_lake
from tests.environments.failing.attempt import Line
from tests.environments.failing.cases import Case, Finding, cases


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.environments.failing", description=__doc__)
    parser.add_argument("names", nargs="*", help="cases; all without any")
    parser.add_argument("--write", type=Path, metavar="FILE")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--cran", type=Path, help="a mirror of CRAN: deploy/local/r/cran-mirror.sh makes one")
    given = parser.parse_args()
    chosen = [each for each in cases() if not given.names or each.name in given.names]
    client, lake = docker.from_env(timeout=600), f"failing-{uuid.uuid4().hex[:8]}"
    found: list[tuple[Case, Finding, float]] = []
    with tempfile.TemporaryDirectory(prefix="weles-failing-") as folder:
        Path(folder).chmod(0o755)
        line = Line(client, Path(folder), lake, bridge_of(client), given.cran)
        try:
            for case in chosen:
                begun = time.monotonic()
                finding = line.attempt(case)
                found.append((case, finding, time.monotonic() - begun))
                print(_told(*found[-1]), flush=True)
                if given.record and finding.log:
                    case.recording.write_text(_recorded(case, finding))
        finally:
            remove_lake(client, lake)
    right = sum(not finding.differs(case.expected) for case, finding, _ in found)
    print(f"diagnosed right: {right} of {len(found)}")
    if given.write is not None:
        given.write.write_text(document(found))
    return 0 if right == len(found) else 1


def bridge_of(client: docker.DockerClient) -> str:
    """Address of this host on the engine's bridge, where containers can reach it."""
    subnet = ipaddress.ip_network(client.networks.get("bridge").attrs["IPAM"]["Config"][0]["Subnet"], strict=False)
    return str(next(subnet.hosts()))


def _told(case: Case, finding: Finding, seconds: float) -> str:
    wrong = finding.differs(case.expected)
    lines = [f"{'WRONG' if wrong else 'right'} {case.name} ({seconds:.0f} s): {finding.cause} {finding.package}"]
    if wrong:
        lines += [f"    {name}: {getattr(finding, name)!r}, not {getattr(case.expected, name)!r}" for name in wrong]
        lines += [f"    | {each[:200]}" for each in finding.log.splitlines()[-12:]]
    return "\n".join(lines)


def _recorded(case: Case, finding: Finding) -> str:
    today = datetime.datetime.now(datetime.UTC).date()
    said = f"recorded {today}, {case.language} {case.version}, uv {version('uv')}"
    return f"# {said}\n{finding.log}\n"


def document(found: list[tuple[Case, Finding, float]]) -> str:
    """The table of all of them, as Markdown."""
    right = sum(not finding.differs(case.expected) for case, finding, _ in found)
    rows = [
        f"| {case.name} | {case.about} | {case.language} {case.version} | {finding.phase} | {finding.package or ''} | "
        f"{finding.cause}{'' if not finding.differs(case.expected) else ' (wrong)'} | {seconds:.0f} |"
        for case, finding, seconds in found
    ]
    head = [
        "# Environments that fail, and what the lake says of them",
        "",
        f"Measured by `python -m tests.environments.failing --write docs/environments-failing.md` on "
        f"{datetime.datetime.now(datetime.UTC).date()}: **{right} of {len(found)} diagnosed right** "
        f"({100 * right / len(found):.0f} %). Right is: phase, package and cause are those that",
        "`tests/environments/failing/CASE/expected.toml` names, the line that is shown has what tells it, and the "
        "suggested edit is the one that helps. Each one is",
        "really run, through the lake's own line. The rules were written with these cases in sight: of environments "
        "that are not among them, the share may be lower.",
        "",
        "| case | what it is | session | phase | package | cause | seconds |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *rows, ""])


if __name__ == "__main__":
    sys.exit(main())
