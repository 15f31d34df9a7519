"""What the R package does with a model and its data after the upload, on a real lake."""

import json
import uuid

import pytest
from weles import dataset, model
from weles.connection import connect

from tests.integration.lake import Lake
from tests.integration.r_session import RSession

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("r_own_base")]

# Two versions of one model; the second tree has one split. The session's own answers stay in /exchange.
_UPLOAD = """
name <- Sys.getenv("MODEL")
fit <- function(depth) rpart::rpart(Species ~ ., iris, maxdepth = depth)
weles_connect(progress = "log")
heard <- character()
hear <- function(each) heard <<- c(heard, trimws(cli::ansi_strip(conditionMessage(each))))
for (depth in c(5, 1)) withCallingHandlers(message = hear, {
  made <- model_upload(fit(depth), name, "A tree", "Species", c("r", "tree"), iris, name, "150 irises", wait = TRUE)
})
stopifnot(made$version == 2)
written <- trimws(strsplit(job_log(model_info(name, 1)$job), "\n", fixed = TRUE)[[1]])
stopifnot(length(written) > 3, written %in% heard)
"""
_FIT = """
name <- Sys.getenv("MODEL")
caught <- function(call, class) {
  error <- tryCatch(call, weles_error = identity)
  stopifnot(inherits(error, class), nzchar(error$next_step))
  error
}
fit <- function(depth) rpart::rpart(Species ~ ., iris, maxdepth = depth)
own <- function(depth) unname(predict(fit(depth), iris, type = "class"))
hash <- model_info(name)$dataset$hash
"""


@pytest.fixture(scope="module")
def trees(r: RSession, r_lake: Lake) -> dict[str, str]:
    """What a script about the two trees is told."""
    told = {"MODEL": f"trees-{uuid.uuid4().hex[:8]}", "WELES_URL": r_lake.url, "WELES_TOKEN": r_lake.token}
    r.run(_UPLOAD, **told)
    return told


def test_an_alias_decides_which_version_answers(r: RSession, trees: dict[str, str]) -> None:
    r.run(
        _FIT
        + """
        model_set_alias(name, "production", 1)
        stopifnot(identical(model_predict(name, iris[1:4], version = "production"), own(5)))
        model_set_alias(name, "production", "latest", expected = 1)
        stopifnot(
          identical(model_predict(name, iris[1:4], version = "production"), own(1)),
          identical(model_predict(name, iris[1:4], version = model_info(name, 1)$hash), own(5)),
          model_aliases(name) == c(production = 2), model_info(name)$aliases$version == 2,
          identical(model_alias_history(name, "production")$version_after, 1:2)
        )
        caught(model_set_alias(name, "production", 1, expected = 1), "weles_alias_moved")
        model_remove_alias(name, "production", expected = 2)
        caught(model_predict(name, iris[1:4], version = "production"), "weles_not_found")
        """,
        **trees,
    )


def test_a_model_is_described_cited_deleted_and_restored(r: RSession, r_lake: Lake, trees: dict[str, str]) -> None:
    r.run(
        _FIT
        + """
        stopifnot(identical(model_card(name), ""))
        model_set_card(name, c("# Trees", "Za\\u017c\\u00f3\\u0142\\u0107"))
        stopifnot(identical(model_card(name), "# Trees\\nZa\\u017c\\u00f3\\u0142\\u0107"))
        model_edit(name, "Two trees", c("small", "tree"))
        known <- model_info(name)
        stopifnot(known$description == "Two trees", known$tags == c("small", "tree"), known$version_tags[1] == "r")
        stopifnot(grepl(known$link, model_cite(name), fixed = TRUE), model_versions(name)$hash[2] == known$hash)
        stopifnot(known$columns$missing == 0, known$columns$statistics[[5]]$unique == 3)
        gone <- model_delete(name, 2)
        caught(model_info(name, 2), "weles_deleted")
        stopifnot(gone$version == 2, model_info(name)$version == 1)
        model_restore(name, 2)
        stopifnot(model_versions(name)$state == "ready")
        model_delete(name)
        caught(model_predict(name, iris), "weles_deleted")
        model_restore(name)
        stopifnot(identical(model_predict(name, iris[1:4]), own(1)))
        """,
        **trees,
    )
    connect(r_lake.url, r_lake.token)
    assert model.card(trees["MODEL"]) == "# Trees\nZażółć"


def test_a_model_comes_back_into_r(r: RSession, trees: dict[str, str]) -> None:
    """Nothing of rpart is loaded before; what is loaded answers as what was uploaded, and the file is the same."""
    r.run(
        """
        name <- Sys.getenv("MODEL")
        stopifnot(!isNamespaceLoaded("rpart"))
        tree <- model_get(name, 1)
        stopifnot(identical(unname(predict(tree, iris, type = "class")), model_predict(name, iris[1:4], version = 1)))
        kept <- model_download(name, tempdir(), 1)
        stopifnot(basename(kept) == paste0(name, "-1.rds"), file.size(kept) == model_info(name, 1)$size)
        stopifnot(identical(readRDS(kept)$frame, tree$frame))
        """,
        **trees,
    )


def test_stored_data_are_predicted_at_once_and_by_a_job(r: RSession, r_lake: Lake, trees: dict[str, str]) -> None:
    out = r.run(
        _FIT
        + """
        stopifnot(identical(model_predict(name, hash, version = 1), own(5)))
        job <- model_predict(name, hash, version = 1, wait = FALSE, result_name = "guesses")
        stopifnot(job$kind == "predict", job$id %in% job_list()$id)
        done <- job_wait(job)
        stopifnot(done$result$rows == 150, job_get(job)$state == "succeeded", is.character(job_log(job)))
        stopifnot(identical(dataset_get(done$result$dataset)[[1]], own(5)), job_cancel(job)$state == "succeeded")
        again <- job_wait(job_retry(job))
        stopifnot(again$id != job$id, again$result$dataset == done$result$dataset)
        odd <- setNames(iris[5:1], c("kind", "petal_width", "petal_length", "SEPAL WIDTH", "Sepal-Length"))
        stopifnot(identical(model_predict(name, odd, version = 1, prepare_columns = TRUE), own(5)))
        write.csv(odd, "/tmp/odd.csv", row.names = FALSE)
        stopifnot(identical(model_predict(name, "/tmp/odd.csv", version = 1, prepare_columns = TRUE), own(5)))
        by_place <- setNames(iris[1:4], letters[1:4])
        stopifnot(identical(model_predict(name, by_place, version = 1, prepare_columns = TRUE), own(5)))
        caught(model_predict(name, odd, version = 1), "weles_invalid_input")
        caught(model_predict(name, odd[1:3], version = 1, prepare_columns = TRUE), "weles_invalid_input")
        cat(done$result$dataset)
        """,
        **trees,
    )
    connect(r_lake.url, r_lake.token)
    assert "guesses" in [each["name"] for each in dataset.info(out)["aliases"]]


def test_versions_are_compared(r: RSession, trees: dict[str, str]) -> None:
    r.run(
        _FIT
        + """
        compared <- model_compare(paste0(name, c(":1", ":2", "")), hash, c("acc", "auc"))
        right <- function(depth) mean(own(depth) == iris$Species)
        stopifnot(
          compared$version == c(1, 2, 2), compared$language == "r", compared$auc > 0.5,
          all.equal(compared$accuracy, c(right(5), right(1), right(1)))
        )
        kept <- model_audits(name, 1, hash)
        stopifnot(setequal(kept$measure, c("accuracy", "auc")), c("accuracy", "rmse") %in% model_measures()$name)
        """,
        **trees,
    )


def test_explanations_are_frames_and_plots(r: RSession, trees: dict[str, str]) -> None:
    r.run(
        _FIT
        + """
        explain <- function(kind, ...) {
          model_explain(name, kind, ..., class_name = "virginica", background = 30, version = 1)
        }
        probability <- predict(fit(5), iris)[, "virginica"]
        adds_up <- function(why) {
          parts <- tapply(why$frame$contribution, why$frame$row, sum)
          intercept <- vapply(why$data$rows, `[[`, 0, "intercept")
          stopifnot(all.equal(as.vector(intercept + parts), unname(probability[c(1, 101)])))
          stopifnot(why$id %in% model_explanations(name, 1)$id)
        }
        why <- explain("shap", rows = iris[c(1, 101), 1:4])
        adds_up(why)
        adds_up(explain("break_down", row_numbers = c(1, 101)))
        profile <- explain("ceteris_paribus", row_numbers = 101, columns = "Petal.Width", grid_points = 5)$frame
        moved <- iris[rep(101, nrow(profile)), ]
        moved$Petal.Width <- profile$x
        stopifnot(all.equal(profile$prediction, unname(predict(fit(5), moved)[, "virginica"])))
        mean_profile <- explain("partial_dependence", columns = "Sepal.Width", grid_points = 5)
        # The tree does not look at sepals.
        stopifnot(nrow(as.data.frame(mean_profile)) == 5, diff(range(mean_profile$frame$prediction)) < 1e-12)
        importance <- explain("permutation_importance", repetitions = 2)$frame
        loss <- setNames(importance$loss, importance$variable)
        stopifnot(loss[["Petal.Width"]] > loss[["Sepal.Width"]], loss[["Sepal.Length"]] == loss[["Sepal.Width"]])
        explanation_save(why, "/exchange/why.png")
        explanation_save(why$id, "/exchange/why.svg")
        caught(model_explain(name, "shap"), "weles_invalid_request")
        """,
        **trees,
    )
    assert (r.folder / "why.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (r.folder / "why.svg").read_bytes()


def test_models_and_datasets_are_shared_and_named(r: RSession, r_lake: Lake, trees: dict[str, str]) -> None:
    bob = f"bob-{uuid.uuid4().hex[:8]}"
    token = r_lake.call("POST", "/users", json={"name": bob, "password": "correct horse"}).json()["token"]
    r.run(
        _FIT
        + """
        mine <- Sys.getenv("WELES_TOKEN")
        as_bob <- function(call) {
          weles_connect(token = Sys.getenv("BOBS"))
          on.exit(weles_connect(token = mine))
          tryCatch(call, weles_error = identity)
        }
        bob <- Sys.getenv("BOB")
        rows <- iris[1:4]
        stopifnot(inherits(as_bob(model_predict(name, rows)), "weles_not_found"))
        stopifnot(model_share(name, bob)$users == bob, identical(as_bob(model_predict(name, rows)), own(1)))
        stopifnot(inherits(as_bob(dataset_head(hash)), "weles_not_found"))
        stopifnot(inherits(as_bob(model_share(name, public = TRUE)), "weles_forbidden"))
        model_share(name, public = TRUE)
        stopifnot(model_access(name)$visibility == "public")
        stopifnot(model_unshare(name)$visibility == "private")
        stopifnot(inherits(as_bob(model_info(name)), "weles_not_found"))

        alias <- paste("for", bob)
        described <- dataset_add_alias(hash, alias, "150 irises")
        stopifnot("150 irises" %in% described$aliases$description)
        stopifnot(grepl(described$link, dataset_citation(hash), fixed = TRUE))
        caught(dataset_add_alias(hash, alias), "weles_exists")
        dataset_share(hash, bob, alias = alias)
        stopifnot(identical(as_bob(dataset_head(hash, 2)), iris[1:2, ]))
        seen <- dataset_access(hash)
        stopifnot(seen$visibility[seen$name == alias] == "shared", seen$visibility[seen$name == name] == "private")
        as_bob(dataset_add_alias(hash, "bob's own", "as Bob has it"))
        dataset_edit_alias(hash, alias, new_name = paste(alias, "too"), description = "new")
        stopifnot(c(paste(alias, "too"), "bob's own") %in% dataset_info(hash)$aliases$name)
        dataset_unshare(hash, alias = paste(alias, "too"))
        dataset_remove_alias(hash, paste(alias, "too"))
        stopifnot(!paste(alias, "too") %in% dataset_info(hash)$aliases$name)
        stopifnot(file.size(dataset_download(hash, "/exchange/irises.parquet")) > 1000)
        """,
        BOB=bob,
        BOBS=token,
        **trees,
    )
    assert (r.folder / "irises.parquet").read_bytes().startswith(b"PAR1")


def test_tokens_and_passwords_are_looked_after(r: RSession, trees: dict[str, str]) -> None:
    r.run(
        _FIT
        + """
        ann <- Sys.getenv("ANN")
        made <- user_create(ann, "correct horse")
        stopifnot(ann %in% user_list()$name, user_get(ann)$role == "member")
        user_login(ann, "correct horse", url = Sys.getenv("WELES_URL"))
        stopifnot(user_me()$name == ann)
        nightly <- token_create("nightly", c("read", "predict"), days = 1)
        listed <- token_list()
        stopifnot(setequal(listed$scopes[[match(nightly$id, listed$id)]], c("predict", "read")))
        weles_connect(token = nightly$token)
        stopifnot(nrow(model_search(owner = ann)) == 0)
        caught(token_create("more", "write"), "weles_forbidden")
        user_login(ann, "correct horse")
        token_revoke(nightly$id)
        weles_connect(token = nightly$token)
        caught(model_search(), "weles_unauthenticated")
        user_login(ann, "correct horse")
        user_change_password("correct horse", "battery staple")
        caught(user_login(ann, "correct horse"), "weles_unauthenticated")
        user_login(ann, "battery staple")
        caught(user_list(), "weles_forbidden")

        weles_connect(token = Sys.getenv("WELES_TOKEN"))
        stopifnot(nzchar(user_disable(ann)$disabled_at))
        caught(user_login(ann, "battery staple"), "weles_error")
        stopifnot(user_enable(ann)$disabled_at == "")
        user_delete(ann)
        caught(user_get(ann), "weles_not_found")
        """,
        ANN=f"ann-{uuid.uuid4().hex[:8]}",
        XDG_CONFIG_HOME="/tmp/verbs",
        **trees,
    )


def test_the_doctor_of_r(r: RSession, trees: dict[str, str]) -> None:
    """Nothing is built; what is wrong is in the verdict, by line or with a diagnosis."""
    entry = {"Package": "jsonlite", "Version": "1.9.1", "Source": "Repository", "Repository": "CRAN"}
    ours = {"Package": "ours", "Version": "1.0", "Source": "GitHub", "RemoteUsername": "me", "RemoteRepo": "ours"}
    lock = {"R": {"Version": "4.5.0"}, "Packages": {"jsonlite": entry}}
    (r.folder / "renv.lock").write_text(json.dumps(lock))
    (r.folder / "ours.lock").write_text(json.dumps({**lock, "Packages": {"jsonlite": entry, "ours": ours}}))
    out = r.run(
        """
        name <- Sys.getenv("MODEL")
        runtimes <- environment_runtimes()
        stopifnot(as.character(getRversion()) %in% runtimes$version[runtimes$language == "r"])
        session <- environment_check()
        stopifnot(session$ok, session$image$exists, session$environment == environment_info(name)$id)
        verdict <- environment_check("/exchange/renv.lock")
        stopifnot(verdict$ok, verdict$packages$name == "jsonlite", verdict$packages$bytes > 1e5)
        print(verdict)
        stopifnot(nzchar(verdict$environment), verdict$environment != session$environment)
        ours <- environment_check("/exchange/ours.lock")
        stopifnot(!ours$ok, grepl("ours was installed from github", ours$problems$reason))
        stopifnot(grepl("renv.lock", ours[["next"]]))
        other <- environment_check("/exchange/renv.lock", "4.2.2")
        stopifnot(!other$ok, grepl("R 4.5.0.*R 4.2.2", other$problems$reason))
        missing <- environment_check("# weles-r 1\\njsonlite==0.0.7  cran\\n")
        stopifnot(!missing$ok, missing$diagnosis$package == "jsonlite", missing$diagnosis$cause == "no-such-version")
        print(missing)
        stopifnot(environment_check("Package: jsonlite\\nVersion: 1.9.1\\nRepository: CRAN\\n")$ok)

        stopifnot(nrow(environment_packages(name)) == 0, environment_diff(name, name)$same == 0)
        stopifnot(grepl("^# Weles environment, recipe r/", environment_dockerfile(name)))
        stopifnot(grepl("rpart==", model_requirements(name, declared = TRUE)))
        """,
        **trees,
    )
    assert "It can be built on r 4.5.0: 1 packages" in out
    assert "It cannot be built. Write jsonlite==" in out


def test_a_model_is_kept_warm_at_hours_of_the_day(r: RSession, trees: dict[str, str]) -> None:
    r.run(
        _FIT
        + """
        stopifnot(model_keep_warm(name, hours = "07:00-19:00")$min_warm == 1, model_warmth(name)$hours == "07:00-19:00")
        caught(model_keep_warm(name, hours = "at noon"), "weles_invalid_request")
        model_keep_warm(name, 0)
        stopifnot(model_warmth(name)$min_warm == 0, is.null(model_warmth(name)$hours))
        """,
        **trees,
    )
