"""`make bench`: the same models by Weles, by its peers and by a bare Flask handler, on loopback, in one run.

Prints Markdown tables and writes each into its section of FILE, which keeps the rest. Every server is checked against
the session that trained the model before it is timed. `--only one-row,rows …` runs some of the tables, `--quick` with
fewer repetitions.
"""

import argparse
import datetime
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.bench import layers, mixed, r, tables
from tests.bench.venvs import CACHE, HERE, python_of
from tests.conftest import ROOT
from tests.environments.page import write_section

TABLES: dict[str, Callable[[Path, bool], str]] = {
    "one-row": tables.one_row,
    "throughput": tables.under_load,
    "rows": tables.more_rows,
    "cold": tables.cold,
    "memory": tables.memory,
    "upload": tables.upload,
    "r": r.one_row,
    "mixed": mixed.mixed,
    "layers": layers.layers,
}
# Tables that are a section of another page than FILE.
SECTIONS = {"layers": ROOT / "docs" / "environments-measured.md"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", default=",".join(TABLES), help=f"of {', '.join(TABLES)}")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--write", type=Path, metavar="FILE")
    options = parser.parse_args()
    folder = CACHE / "models"
    if options.only != "layers" and not (folder / "done").is_file():
        subprocess.run([python_of("flask"), HERE / "servers" / "train.py", folder], check=True)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    taken = f"Taken on {datetime.date.today()}, {os.cpu_count()} processors, {memory:.0f} GiB, loopback, one run.\n"
    for name in options.only.split(","):
        print(f"… {name}", file=sys.stderr, flush=True)
        told = TABLES[name](folder, options.quick)
        print(told, flush=True)
        if options.write:
            write_section(SECTIONS.get(name, options.write), name, f"{taken}\n{told}")


main()
