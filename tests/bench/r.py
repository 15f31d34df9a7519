"""An R model: the same call in an R session, and over REST."""

import tempfile
from pathlib import Path

import docker

from builders.report import SilentReport
from builders.runtimes import install_base
from tests.bench import measures
from tests.bench.lake import Weles
from tests.bench.peers import BareFlask
from tests.bench.report import number, table
from tests.bench.tables import serving

VERSION = "4.2"
# 200 calls on a fresh row each: seconds of one, the median.
_SESSION = """
set.seed(1)
model <- lm(Petal.Width ~ Sepal.Length + Sepal.Width + Petal.Length, iris)
saveRDS(model, "/out/r-iris.rds")
rows <- iris[rep_len(seq_len(nrow(iris)), 200), 1:3]
seconds <- vapply(seq_len(200), function(i) {
  row <- rows[i, ]
  begun <- proc.time()[["elapsed"]]
  for (again in 1:20) predict(model, row)
  (proc.time()[["elapsed"]] - begun) / 20
}, 0)
cat(median(seconds), file = "/out/seconds")
"""
COLUMNS = ["Sepal.Length", "Sepal.Width", "Petal.Length"]


def one_row(folder: Path, quick: bool) -> str:
    """`lm` on iris, one row, warm: the ratio of both, and what a call of a model that does nothing costs beside."""
    client = docker.from_env()
    base = install_base(client, "r", VERSION, SilentReport())
    server = Weles(folder)
    with tempfile.TemporaryDirectory(prefix="weles-bench-") as out:
        client.containers.run(
            base.image, ["Rscript", "--vanilla", "-e", _SESSION], remove=True, volumes={out: {"bind": "/out"}}
        )
        session = float(Path(out, "seconds").read_text()) * 1000
        with serving(server, ["logistic"], folder) as running, serving(BareFlask(folder), ["logistic"], folder) as bare:
            about = {
                "name": "r-iris",
                "flavour": "lm",
                "format": "rds",
                "language": "r",
                "language_version": base.version,
                "target": "Petal.Width",
            }
            data = ",".join([*COLUMNS, "Petal.Width"]) + "\n5.1,3.5,1.4,0.2\n4.9,3.0,1.4,0.2\n"
            freeze = f"# weles-r 1\nstats=={base.version}  base\n"
            server.have_parts("r-iris", about, Path(out, "r-iris.rds").read_bytes(), freeze, data.encode())
            asked = server.question("r-iris", [[5.1, 3.5, 1.4]], COLUMNS)
            hop = server.question("logistic", *_one(folder))
            yardstick = (bare, measures.rows_of(BareFlask(folder), folder, "logistic", 1))
            blocks = 2 if quick else measures.BLOCKS
            rest, python = (measures.latency((running, each), yardstick, blocks).p50 for each in (asked, hop))
    client.close()
    rows = [
        ["in an R session", number(session)],
        ["Weles, over REST", number(rest)],
        ["Weles, over REST: the logistic regression in Python", number(python)],
    ]
    return table("R: one row, warm, `lm` on iris", ["where", "p50 ms"], rows)


def _one(folder: Path) -> tuple[list[list[float]], list[str]]:
    document = measures.document_of(folder, "logistic")
    return document["data"][:1], document["columns"]
