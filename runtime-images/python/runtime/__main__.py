"""Start of the runtime: `python -I /opt/weles/runtime`. The contract is runtime-images/CONTRACT.md.

With a number: a further process of a running runtime, which asks it over that descriptor.
"""

import os
import sys

from weles_runtime.program import join, run

if __name__ == "__main__":
    if len(sys.argv) > 1:
        join(os.environ, int(sys.argv[1]))
    else:
        run(os.environ)
