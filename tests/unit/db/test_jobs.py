"""Jobs, audits and explanations in the database, on both kinds; and jobs of before, brought up to date."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, MetaData

from registry.db import engine as engines
from registry.db.audits import SqlAudits
from registry.db.deletion import SqlDeletions
from registry.db.explanations import SqlExplanations
from registry.db.jobs import SqlJobs
from registry.db.models import SqlModels
from registry.domain.entities import Explanation, JobKind, JobState, NewAudit, Phase, State, User, now
from registry.domain.errors.state import NotFound
from registry.domain.ports.jobs import NewJob
from tests.unit.db.test_migrations import DATASET, _fill, _upgrade

ANN = User(1, "ann", "member")


def _old_job(engine: Engine, job: str, version: str, state: str) -> None:
    old = MetaData()
    old.reflect(engine)
    moment = now().replace(tzinfo=None)
    values = {"id": job, "kind": "prepare", "version_id": version, "state": state, "phase": "ready", "percent": 100}
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(
            old.tables["jobs"].insert().values(**values, detail="", created_at=moment, updated_at=moment)
        )


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A lake of the first tables, with models and their jobs, brought up to date."""
    engine = engines.connect(database_url)
    _upgrade(engine, "0001")
    _fill(engine)
    _old_job(engine, "old1", "first", "succeeded")
    _old_job(engine, "old2", "second", "running")
    engines.upgrade(engine)
    yield engine
    engine.dispose()


def _new(job: str, kind: JobKind = JobKind.AUDIT, **request: object) -> NewJob:
    return NewJob(job, kind, "first", 1, dict(request))


def test_jobs_of_before_belong_to_the_models_owner_and_nothing_is_lost(engine: Engine) -> None:
    job = SqlJobs(engine).get("old1")
    assert (job.kind, job.owner, job.request, job.result) == (JobKind.PREPARE, "ann", {}, None)
    assert [each.id for each in SqlJobs(engine).unfinished()] == ["old2"]
    assert SqlJobs(engine).of_version("first") == "old1"


def test_a_version_is_prepared_again_by_one_job(engine: Engine) -> None:
    models, jobs = SqlModels(engine), SqlJobs(engine)
    assert models.prepare_again("second", "other") == "old2"
    jobs.update("old2", JobState.FAILED, Phase.BUILD, 50, "failed")
    models.version_failed("second", {"error": "LakeFailed"}, free_file=True)
    assert [models.prepare_again("second", job) for job in ("again1", "again2")] == ["again1", "again1"]
    version = models.version_by_id("second")
    assert (version.state, version.problem, version.file_freed_at) == (State.PENDING, None, None)
    assert (jobs.of_version("second"), jobs.get("again1").owner) == ("again1", jobs.get("old2").owner)
    # One that is ready stays so.
    assert models.prepare_again("first", "again3") == "again3"
    assert models.version_by_id("first").state is State.READY
    with pytest.raises(NotFound):
        models.prepare_again("none", "again4")


def test_the_same_question_is_one_job_until_it_is_over(engine: Engine) -> None:
    jobs = SqlJobs(engine)
    assert jobs.add(_new("a", dataset="x")) == "a"
    assert jobs.add(_new("b", dataset="x")) == "a"
    assert jobs.add(_new("c", dataset="y")) == "c"
    assert jobs.update("a", JobState.SUCCEEDED, Phase.DONE, 100, "done", result={"measures": {}})
    assert jobs.add(_new("d", dataset="x")) == "d"
    assert jobs.of_version("first") == "old1"
    mine = jobs.of_owner(1, state=JobState.QUEUED, offset=0, limit=10)
    assert {each.id for each in mine} == {"c", "d"}
    assert len(jobs.of_owner(1, state=None, offset=1, limit=2)) == 2
    assert jobs.of_owner(2, state=None, offset=0, limit=10) == []


def test_what_is_over_is_never_changed(engine: Engine) -> None:
    jobs = SqlJobs(engine)
    jobs.add(_new("a"))
    jobs.cancel("a")
    assert not jobs.update("a", JobState.RUNNING, Phase.PREDICT, 10, "at work")
    assert jobs.get("a").state is JobState.CANCELLED
    assert jobs.get("a").problem == {
        "error": "Cancelled", "detail": "The job was cancelled.", "next": "Ask for it again.", "fields": {"what": "job"}
    }  # fmt: skip
    jobs.cancel("old1")
    assert jobs.get("old1").state is JobState.SUCCEEDED


def test_the_version_that_a_cancelled_job_prepared_has_failed(engine: Engine) -> None:
    writes = engine.execution_options(writes=True)
    meta = MetaData()
    meta.reflect(engine)
    with writes.begin() as connection:
        connection.execute(meta.tables["versions"].update().values(state="pending"))
    SqlJobs(engine).cancel("old2")
    models = SqlModels(engine)
    assert models.version_by_id("second").state is State.FAILED
    assert models.version_by_id("first").state is State.PENDING


def test_a_log_of_its_own_unless_it_prepares(engine: Engine) -> None:
    jobs = SqlJobs(engine)
    jobs.add(_new("a"))
    jobs.log("a", ["line"])
    jobs.log("sha256:" + "b" * 64, ["of the build"])
    assert [line for _, line in jobs.log_after("a", 0)] == ["line"]
    assert [line for _, line in jobs.log_after("old1", 0)] == ["of the build"]
    jobs.progress("sha256:" + "b" * 64, Phase.BUILD, 50, "building")
    assert jobs.get("a").phase is Phase.QUEUED


def test_an_audit_is_kept_as_it_was_first(engine: Engine) -> None:
    audits = SqlAudits(engine)
    for value in (0.5, 0.9):
        audits.add([NewAudit("first", DATASET, "y", "auc", value, 2, "of the class 'b'")])
    audits.add([NewAudit("second", DATASET, "y", "auc", None, 2, "one class")])
    audits.add([])
    kept = audits.visible(ANN, dataset_hash=DATASET)
    assert [(each.model, each.version, each.value) for each in kept] == [("wine", 1, 0.5), ("wine", 2, None)]
    assert audits.of_version("first", DATASET, "y")[0].note == "of the class 'b'"
    assert audits.visible(ANN, dataset_hash=DATASET, measure="f1") == []
    assert len(audits.visible(None, dataset_hash=DATASET)) == 2
    # Of what one may not see one is not told the audits either.
    for table in ("models", "dataset_aliases"):
        with engine.execution_options(writes=True).begin() as connection:
            connection.exec_driver_sql(f"UPDATE {table} SET visibility = 'private'")
        for viewer in (User(2, "bob", "member"), None):
            assert audits.visible(viewer, dataset_hash=DATASET) == []
        assert len(audits.visible(ANN, dataset_hash=DATASET)) == 2
        with engine.execution_options(writes=True).begin() as connection:
            connection.exec_driver_sql(f"UPDATE {table} SET visibility = 'public'")


def test_an_explanation_with_its_plots_goes_with_its_version(engine: Engine) -> None:
    kept = SqlExplanations(engine)
    made = Explanation("e", "first", "wine", 1, "ann", 1, {"kind": "shap"}, {"rows": [{"x": 0.1}]}, now())
    for _ in range(2):
        kept.add(made, {"image/png": b"\x89PNG"})
    assert kept.get("e").data == {"rows": [{"x": 0.1}]}
    assert kept.plot("e", "image/png") == b"\x89PNG"
    assert [each.id for each in kept.of_version("first", 1)] == ["e"]
    assert kept.of_version("first", 2) == []
    with pytest.raises(NotFound):
        kept.plot("e", "image/gif")
    assert kept.plot_script() is None
    kept.add_plot_script("7.1", b"Plotly")
    kept.add_plot_script("7.1", b"Plotly")
    assert (kept.plot_script("7.1"), kept.plot_script(), kept.plot_script("8")) == (b"Plotly", b"Plotly", None)


def test_an_environment_is_wanted_while_a_job_waits_for_it(engine: Engine) -> None:
    jobs, models = SqlJobs(engine), SqlModels(engine)
    environment, resolution = "sha256:" + "b" * 64, models.version_by_id("second").resolution_key
    jobs.add(_new("audit"))
    assert jobs.is_wanted(resolution)
    assert jobs.is_wanted(environment)
    assert not jobs.is_wanted("sha256:" + "0" * 64)
    jobs.cancel("old2")
    # A job of another kind, of the same version, waits for no environment.
    assert not jobs.is_wanted(resolution)
    assert not jobs.is_wanted(environment)
    models.prepare_again("second", "again")
    assert jobs.is_wanted(environment)


@pytest.mark.parametrize("whole", [True, False], ids=["model", "version"])
def test_what_is_deleted_is_prepared_no_more(engine: Engine, whole: bool) -> None:
    jobs, models, deletions = SqlJobs(engine), SqlModels(engine), SqlDeletions(engine)
    jobs.add(_new("audit"))
    models.prepare_again("first", "again")
    with engine.execution_options(writes=True).begin() as connection:
        connection.exec_driver_sql("UPDATE versions SET state = 'pending' WHERE id = 'second'")
    if whole:
        deletions.delete_model("wine")
    else:
        deletions.delete_version(models.version_by_id("second"))
    job = jobs.get("old2")
    assert (job.state, job.detail) == (JobState.CANCELLED, "cancelled: the model was deleted")
    assert models.version_by_id("second").state is State.FAILED
    assert jobs.get("again").state is (JobState.CANCELLED if whole else JobState.QUEUED)
    assert models.version_by_id("first").state is State.READY
    assert jobs.get("audit").state is JobState.QUEUED
