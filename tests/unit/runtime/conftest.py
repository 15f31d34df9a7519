import sys

import pytest
from runtime_process import RUNTIME, RuntimeProcess

sys.path.insert(0, str(RUNTIME))


@pytest.fixture
def start(tmp_path):
    """Starts runtimes, `start(model, …) -> RuntimeProcess`, and ends them with the test."""
    started = []

    def start_one(model, **options):
        started.append(RuntimeProcess(tmp_path / str(len(started)), model, **options))
        return started[-1]

    yield start_one
    for each in started:
        each.close()
