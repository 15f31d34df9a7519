#' Measure models on data that hold the truth
#'
#' The lake asks the model, in its own container, and measures by scikit-learn's definitions, whatever the model's
#' language is. What it has measured is kept: measuring the same again gives the kept figure.
#'
#' @param name The model's name.
#' @param models Names of models; `"wine:1"` and `"wine:production"` are versions of `wine`.
#' @param measure,measures Names such as `"acc"`, `"auc"`, `"f1"`, `"rmse"`, `"r2"`; `NULL` for all that fit the model.
#' @param data A data.frame, the path of a .csv, or the hash of a dataset. For `model_audits()` the hash of a dataset,
#'   or `NULL` for all.
#' @param hash The hash of a dataset.
#' @param target The column of the truth; `NULL` for the one that the model was trained for.
#' @param data_name,data_description What people shall read of the data.
#' @param version A version's number, alias or hash; `NULL` for the newest that is ready.
#' @return `model_audit()`: one number for one measure, else a named vector; `NA` where a measure is not defined on
#'   these data. `model_compare()`: a data.frame of `model`, `version`, `language`, `flavour`, and a column for each
#'   measure. `model_audits()`, what is kept of a version: a data.frame of `model`, `version`, `dataset`, `target`,
#'   `measure`, `value`, `rows`, `note` and `created_at`; `dataset_audits()`: the same of all models on one dataset.
#'   `model_measures()`, what can be measured: a data.frame of `name`, `title`, `task`, `needs_prob` and
#'   `greater_is_better`. Errors of class `weles_measure_misfit` (it names those that fit), `weles_invalid_input`,
#'   `weles_not_found`, and the model's own.
#' @export
#' @examples
#' \dontrun{
#' model_audit("irises", "acc", iris, "Species")
#' model_audit("irises", c("acc", "f1"), iris)
#' model_compare(c("irises", "irises:1", "a tree from Python"), iris, "acc")
#' }
model_audit <- function(name, measure = NULL, data, target = NULL, data_name = "", data_description = "",
                        version = NULL) {
  if (!nzchar(data_name)) data_name <- sprintf("data to audit %s", name)
  values <- measured(name, version, stored_data(data, data_name, data_description), target, measure)
  if (length(measure) == 1) unname(values[1]) else values
}

#' @rdname model_audit
#' @export
model_audits <- function(name, version = NULL, data = NULL) {
  kept <- ask_json("GET", model_path(name, "audits"), query = list(version = version, dataset = data))$audits
  records_frame(
    kept, c("model", "version", "dataset", "target", "measure", "value", "rows", "note", "created_at")
  )
}

#' @rdname model_audit
#' @export
dataset_audits <- function(hash, measure = NULL) {
  kept <- ask_json("GET", "/audits", query = list(dataset = hash, measure = measure))$audits
  records_frame(kept, c("model", "version", "language", "flavour", "target", "measure", "value", "rows", "note"))
}

#' @rdname model_audit
#' @export
model_compare <- function(models, data, measures = NULL, target = NULL, data_name = "data to compare models") {
  stored <- stored_data(data, data_name, "")
  rows <- lapply(models, function(which) {
    parts <- regmatches(which, regexpr(":", which), invert = TRUE)[[1]]
    known <- model_document(parts[1], if (length(parts) > 1) parts[2])
    c(known[COMPARED], as.list(measured(known$name, known$version, stored, target, measures)))
  })
  compared <- records_frame(rows, unique(c(COMPARED, unlist(lapply(rows, names)))))
  names(compared)[1] <- "model"
  compared
}

#' @rdname model_audit
#' @export
model_measures <- function() {
  records_frame(
    ask_json("GET", "/measures")$measures, c("name", "title", "task", "needs_prob", "greater_is_better")
  )
}

COMPARED <- c("name", "version", "language", "flavour")

stored_data <- function(data, name, description) {
  if (is_hash(data)) data else dataset_upload(data, name, description)$hash
}

# A named vector of measures of one version, once the lake has them.
measured <- function(name, version, stored, target, measures) {
  wanted <- list(dataset = stored)
  wanted$target <- target
  if (!is.null(measures)) wanted$measures <- as.list(measures)
  job <- start_job(model_path(name, "audits"), json_body(wanted), list(version = version))
  vapply(job_wait(job)$result$measures, function(value) as.numeric(first_of(value, NA)), 0)
}
