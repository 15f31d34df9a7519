"""The real runtime as a process of this machine: a model on disk, a run folder, and a channel to it."""

import json
import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

from registry.domain.schema import ColumnType, Field, Schema
from registry.runners.channel import Channel
from registry.tables.table import Table

RUNTIME = Path(__file__).parents[3] / "runtime-images" / "python" / "runtime"
X = Schema((Field("x", ColumnType.FLOAT64),))


class FromSource:
    """Pickles as the variable `model` of some source text: a model whose class no package has."""

    def __init__(self, source):
        self.source = source

    def __reduce__(self):
        return eval, (f"(lambda names: (exec({self.source!r}, names), names['model'])[1])({{}})",)


class RuntimeProcess:
    """One runtime; `environ` holds its WELES_* variables."""

    def __init__(
        self,
        folder,
        model,
        inputs=X,
        flavour="python",
        format="pickle",
        python=sys.executable,
        manifest=(),
        order=None,
        **environ,
    ):
        self.model_dir, self.run_dir = folder / "model", folder / "run"
        self.model_dir.mkdir(parents=True)
        self.run_dir.mkdir()
        self.lease = self.run_dir / "lease"
        self.lease.touch()
        file = self.model_dir / "model.bin"
        file.write_bytes(model if isinstance(model, bytes) else pickle.dumps(model, protocol=4))
        document = {
            "contract": 1, "flavour": flavour, "file": file.name, "format": format, "target": None,
            "inputs": inputs.to_json(), "threads": 1,
        }  # fmt: skip
        self._document = document | dict(manifest)
        if order is None:
            self.give()
        else:
            (self.model_dir / "warm.json").write_text(json.dumps(order))
        folders = {"WELES_MODEL_DIR": str(self.model_dir), "WELES_RUN_DIR": str(self.run_dir)}
        self.process = subprocess.Popen(
            [python, "-I", str(RUNTIME)],
            env={**os.environ, **folders, **{f"WELES_{name}": str(value) for name, value in environ.items()}},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.channel = Channel()

    def give(self):
        """The manifest; a runtime with an `order` has waited for it. self."""
        (self.model_dir / ".model.json").write_text(json.dumps(self._document))
        (self.model_dir / ".model.json").rename(self.model_dir / "model.json")
        return self

    @property
    def socket(self):
        return self.run_dir / "socket"

    def ready(self, seconds=60):
        """Wait until the socket is there; self."""
        deadline = time.monotonic() + seconds
        while not self.socket.exists():
            assert self.process.poll() is None, self.process.communicate()[0].decode()
            assert time.monotonic() < deadline, "the runtime is not ready"
            time.sleep(0.02)
        return self

    def ask(self, op="predict", table=None, timeout=30, **header):
        return self.channel.call(self.run_dir, {"op": op, **header}, table, timeout=timeout)

    def predict(self, values, mode="exact", **options):
        """Python values by column of the predictions for rows of the one column x, or for a table."""
        table = values if isinstance(values, Table) else Table.from_values(X, {"x": values})
        return self.ask(table=table, mode=mode, **options).table.to_values()

    def exit_code(self, seconds=30):
        code = self.process.wait(seconds)
        self.output = self.process.stdout.read().decode()
        return code

    def failure(self):
        return json.loads((self.run_dir / "failure.json").read_text())

    def close(self):
        self.channel.close()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
