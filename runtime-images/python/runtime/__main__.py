"""Start of the runtime: `python -I /opt/weles/runtime`. The contract is runtime-images/CONTRACT.md."""

import os

from weles_runtime.program import run

if __name__ == "__main__":
    run(os.environ)
