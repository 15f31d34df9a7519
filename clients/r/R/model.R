#' Upload a fitted model
#'
#' A name that is there already gets a new version. The model goes with the data that it was fitted on
#' and with the packages that are loaded in this session ([session_requirements()]). Up to 20 rows of the data, with
#' the predictions of *this* session, go along: the lake replays them before it calls the version ready.
#'
#' @param mod A fitted model, or the path of an .rds file that holds one. Called as lm, glm, randomForest,
#'   ranger, rpart, e1071, glmnet, xgboost, mlr, mlr3, caret and parsnip (and workflows) want it; any other model by its
#'   `predict` method, which has to be a package's.
#' @param name The model's name: letters, digits, dots, dashes, underscores.
#' @param description,tags What people shall read of it, and find it by.
#' @param target The column that it predicts.
#' @param data What it was fitted on, the target's column too: a data.frame, the path of a .csv (or .parquet), or
#'   the hash of a dataset of the lake. The other columns are what the model takes.
#' @param data_name,data_description What people shall read of the data.
#' @param ... Not used.
#' @param environment `NULL` for this session's packages; else the path or the text of a renv.lock or a
#'   DESCRIPTION, or a [utils::sessionInfo()].
#' @param wait Show progress until the version is ready?
#' @return A list of `model`, `version`, `job`, `state` and `notes` (what the lake changed in the requirements, which
#'   R it uses), invisibly. Errors of class `weles_invalid_model`, `weles_invalid_input`,
#'   `weles_invalid_environment`, and, with `wait`, `weles_upload_failed`.
#' @export
#' @examples
#' \dontrun{
#' library(randomForest)
#' forest <- randomForest(Species ~ ., iris)
#' model_upload(
#'   forest, "irises", "A forest on iris", "Species", c("forest", "example"),
#'   iris, "iris", "150 irises"
#' )
#' model_status("irises")
#' model_predict("irises", head(iris[1:4]))
#' }
model_upload <- function(mod, name, description, target, tags, data, data_name = "", data_description = "", ...,
                         environment = NULL, wait = FALSE) {
  if (...length()) {
    refuse("invalid_request", "model_upload() got arguments that it does not know.", "See ?model_upload.")
  }
  if (!is_text(target)) refuse("invalid_request", "The target is not one column's name.", "Give one text.")
  segment(name)
  text <- list(
    name = name, description = description, target = target, tags = tags,
    data_name = if (nzchar(data_name)) data_name else paste("data of", name), data_description = data_description
  )
  answer <- send_upload(mod, text, data, environment)
  made <- structure(
    list(
      model = answer$model, version = answer$version, job = answer$job, state = answer$state,
      notes = as.character(unlist(answer$notes))
    ),
    class = "weles_upload"
  )
  tell_notes(made$notes)
  if (wait) {
    ended <- wait_for(made$job)
    tell_notes(setdiff(ended$notes, made$notes))
    made$state <- ended$state
    made$notes <- ended$notes
  }
  invisible(made)
}

#' @export
print.weles_upload <- function(x, ...) {
  cat(sprintf("<weles_upload> %s version %s: %s\n", x$model, x$version, x$state))
  invisible(x)
}

#' Wait until a model is ready
#'
#' Shows a progress bar (a line for each phase where the terminal cannot redraw).
#'
#' @param name The model's name.
#' @param version A version's number, alias or hash; `NULL` for the last that was uploaded.
#' @param wait `FALSE`: how it is now.
#' @return A list of `model`, `version`, `state` (`"queued"`, `"running"`, `"succeeded"`, `"failed"`), `ready`,
#'   `phase`, `percent`, `detail`, `job`, `notes` and `problem`. Errors of class `weles_not_found`;
#'   and `weles_upload_failed`, with the diagnosis or the model's traceback, when it failed and `wait` is `TRUE`.
#' @export
#' @examples
#' \dontrun{
#' model_status("irises")
#' model_status("irises", wait = FALSE)$percent
#' }
model_status <- function(name, version = NULL, wait = TRUE) {
  known <- model_document(name, version)
  last <- max(unlist(known$versions), known$version)
  # What the lake shows by default is the newest that is ready: here the one that is being prepared is meant.
  if (is.null(version) && last != known$version) known <- model_document(name, last)
  if (is.null(known$job)) {
    states <- c(ready = "succeeded", failed = "failed", building = "running", pending = "queued")
    state <- text_of(unname(states[known$state]), known$state)
    now <- new_status(
      known$name, known$version, state, known$state,
      if (known$state == "ready") 100 else 0,
      problem = known$problem
    )
    return(if (wait) check_status(now) else now)
  }
  if (!wait) {
    return(status_of(known$job))
  }
  ended <- wait_for(known$job)
  tell_notes(ended$notes)
  ended
}

#' Call a model
#'
#' @param name The model's name.
#' @param X The rows to predict: a data.frame, a named list of columns, the path of a .csv, a matrix (without column
#'   names: in the order of the model's columns), or the hash of a dataset of the lake, whose other columns are left
#'   out (a small one; with `wait = FALSE` of any size). The order of named columns does not matter.
#' @param type `"exact"`, or `"prob"` for the probability of each class.
#' @param version A version's number, alias (`"production"`) or hash; `NULL` for the newest that is ready.
#' @param prepare_columns Leave out what the model does not take, put the rest in order and give it the model's names:
#'   by name, by name without case and punctuation, or, where none has such a name and there are as many, by place.
#' @param wait `FALSE`: predict by a job of the lake, of any number of rows, that goes on without this session.
#' @param result_name What the dataset of such a job's predictions is called.
#' @return As many predictions as `X` has rows, in their order: a vector or factor; for `"prob"` a data.frame with one
#'   column for each class, named by it. With `wait = FALSE` a job: `job_wait(job)$result$dataset` is the hash of the
#'   dataset of its predictions. Errors of class `weles_invalid_input` (with column and row, rows counted from 0),
#'   `weles_not_found`, `weles_model_raised` (with the model's own traceback), `weles_prediction_timeout` ...
#' @export
#' @examples
#' \dontrun{
#' model_predict("irises", iris[1:4])
#' model_predict("irises", iris[1:4], type = "prob", version = 1)
#' job <- model_predict("irises", stored$hash, wait = FALSE)
#' dataset_get(job_wait(job)$result$dataset)
#' }
model_predict <- function(name, X, type = c("exact", "prob"), version = NULL, prepare_columns = FALSE, wait = TRUE,
                          result_name = NULL) {
  type <- match.arg(type)
  body <- prediction_body(name, X, version, prepare_columns)
  query <- list(mode = type, version = version)
  if (!wait) {
    return(job_get(start_job(model_path(name, "predictions"), body, c(query, name = result_name))))
  }
  # A prediction changes nothing in the lake: it can be asked for again.
  answer <- ask_json("POST", model_path(name, "predict"), query = query, body = body, repeatable = TRUE)
  shown_prediction(answer, type)
}

#' What the lake knows of a model
#'
#' `model_info()` gives everything that is known of one version; `model_requirements()` the packages that are
#' really installed in its image.
#'
#' @param name The model's name.
#' @param version A version's number, alias or hash; `NULL` for the newest that is ready.
#' @param declared The text as it was uploaded?
#' @return `model_info()`: a list of all fields: of the model `name`, `owner`, `visibility`, `description`, `tags`,
#'   `versions`, `aliases`; of the version `version`, `hash`, `link`, `citation`, `target`, `task`, `flavour`,
#'   `language_version`, `state`, `problem`, `inputs`, `outputs` ...; `environment`, `dataset`, `columns` (with
#'   statistics) and `audits`. Lists of things are data.frames. `model_requirements()`: a data.frame of `package` and
#'   `version`, or with `declared` one text. Errors of class `weles_not_found`.
#' @export
#' @examples
#' \dontrun{
#' model_info("irises")$inputs
#' model_requirements("irises")
#' }
model_info <- function(name, version = NULL) {
  known <- model_document(name, version)
  known$inputs <- fields_frame(known$inputs)
  known$outputs <- fields_frame(known$outputs)
  for (texts in c("tags", "version_tags", "found_tags", "notes")) known[[texts]] <- as.character(unlist(known[[texts]]))
  known$versions <- as.integer(unlist(known$versions))
  known$aliases <- records_frame(known$aliases, c("name", "version", "moved_by", "moved_at"))
  known$columns <- columns_frame(known$columns)
  known$audits <- records_frame(known$audits, c("dataset", "target", "measure", "value", "rows", "note", "created_at"))
  structure(known, class = "weles_model")
}

#' @export
print.weles_model <- function(x, ...) {
  cat(sprintf("<weles_model> %s version %s (%s), of %s\n", x$name, x$version, x$state, x$owner))
  if (nzchar(x$description)) cat("  ", x$description, "\n", sep = "")
  cat(sprintf("  %s model of %s %s, predicts %s\n", x$flavour, x$language, x$language_version, x$target))
  cat("  takes ", paste(sprintf("%s (%s)", x$inputs$name, x$inputs$type), collapse = ", "), "\n", sep = "")
  invisible(x)
}

#' @rdname model_info
#' @export
model_requirements <- function(name, version = NULL, declared = FALSE) {
  if (declared) {
    return(ask_text(model_path(name, "requirements"), query = list(version = version, declared = "true")))
  }
  id <- model_document(name, version)$environment$id
  if (is.null(id)) {
    stop(weles_condition(
      "environment_not_ready", "lake", sprintf("The packages of \"%s\" are not settled yet.", name),
      "Wait for it: model_status()."
    ))
  }
  installed <- unlist(environment_info(id)$installed)
  data.frame(package = as.character(names(installed)), version = as.character(installed), stringsAsFactors = FALSE)
}

model_document <- function(name, version = NULL) {
  ask_json("GET", model_path(name), query = list(version = version))
}

model_inputs <- function(name, version = NULL) {
  fields_frame(model_document(name, version)$inputs)
}
