"""How long a search takes in a lake of many models, on SQLite and on Postgres: `make bench-search`.

Times are of `SearchService.find`, in the process that asks: parsing, the query for the page, that for the total, and
the documents of the page. Each question is asked several times, all of them in turn, after one round that is not timed.
"""

import argparse
import os
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine, select, text, update

from registry.db.engine import connect, upgrade
from registry.db.search import SqlSearch
from registry.db.tables import models
from registry.domain.entities import User
from registry.services.search import SearchService
from tests import postgres
from tests.bench.search.catalogue import fill

MEMBER = User(3, "user2", "member")
QUESTIONS: dict[str, dict[str, Any]] = {
    "all, by name": {},
    "all, newest first, page 1000": {"sort": "-created", "page": 1000, "per_page": 50},
    "all, most rows first": {"sort": "-rows"},
    "row='>1000;<10000;' column='=12;'": {"ranges": {"row": ">1000;<10000;", "column": "=12;"}},
    "language_version='>3.3.3;<3.6;'": {"ranges": {"language_version": ">3.3.3;<3.6;"}, "language": "r"},
    "missing='=0;' classes='=2;' largest first": {"ranges": {"missing": "=0;", "classes": "=2;"}, "sort": "-rows"},
    "owner": {"owner": "user7"},
    "two tags": {"tags": ["sklearn", "common1"]},
    "a rare word": {"q": "wine1200"},
    "two words, one in a tenth of the models": {"q": "forest wine204"},
    "a word of nearly all models": {"q": "common0"},
    "a word and ranges": {"q": "energy6", "ranges": {"row": ">1000;", "classes": "=2;"}, "state": "ready"},
    "regex='^wine-forest-1.*7$'": {"regex": "^wine-forest-1.*7$"},
    "regex='(boost|net)-[0-9]+5$'": {"regex": "(boost|net)-[0-9]+5$"},
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--models", type=int, default=100_000)
    options.add_argument("--rounds", type=int, default=40)
    chosen = options.parse_args()
    with TemporaryDirectory() as folder:
        _bench("SQLite", f"sqlite:///{Path(folder) / 'lake.sqlite'}", chosen.models, chosen.rounds)
    if postgres.programs() is None:
        print("Postgres is not installed: not measured")
        return
    with postgres.server() as url:
        _bench("Postgres", url, chosen.models, chosen.rounds)


def _bench(name: str, url: str, number: int, rounds: int) -> None:
    engine = connect(url)
    upgrade(engine)
    begun = time.perf_counter()
    fill(engine, number)
    filled = time.perf_counter() - begun
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    print(
        f"\n{name}, {number} models, filled in {filled:.0f} s; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    search = SearchService(SqlSearch(engine))
    times: dict[str, list[float]] = {question: [] for question in QUESTIONS}
    totals = {}
    for round_ in range(rounds + 1):
        for question, query in QUESTIONS.items():
            begun = time.perf_counter()
            found = search.find(MEMBER, **{"ranges": {}, "per_page": 50, **query})
            if round_:
                times[question].append(1000 * (time.perf_counter() - begun))
            totals[question] = f"{'> ' if found.more else ''}{found.total}"
    print("\n| question | found | p50, ms | p95, ms |\n|---|---|---|---|")
    for question, each in times.items():
        print(f"| {question} | {totals[question]} | {statistics.median(each):.1f} | {_p95(each):.1f} |")
    every = [each for asked in times.values() for each in asked]
    print(f"| all questions | | {statistics.median(every):.1f} | {_p95(every):.1f} |")
    edits = [1000 * _edit(engine, round_) for round_ in range(rounds)]
    print(f"\nA change of a model and its row: p50 {statistics.median(edits):.1f} ms, p95 {_p95(edits):.1f} ms")
    engine.dispose()


def _edit(engine: Engine, round_: int) -> float:
    with engine.connect() as connection:
        name = connection.execute(select(models.c.name).limit(1).offset(round_ * 7)).scalar_one()
    begun = time.perf_counter()
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(update(models).where(models.c.name == name).values(description=f"edit {round_}"))
    return time.perf_counter() - begun


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


if __name__ == "__main__":
    main()
