#' Measure a model on data that hold the truth
#'
#' The lake asks the model, in its own container, and measures by scikit-learn's definitions, whatever the model's
#' language is. What it has measured is kept: measuring the same again gives the kept figure.
#'
#' @param name The model's name.
#' @param measure Names such as `"acc"`, `"auc"`, `"f1"`, `"rmse"`, `"r2"`; `NULL` for all that fit the model.
#' @param data A data.frame, the path of a .csv, or the hash of a dataset.
#' @param target The column of the truth; `NULL` for the one that the model was trained for.
#' @param data_name,data_description What people shall read of the data.
#' @param version A version's number or alias; `NULL` for the latest.
#' @return One number for one measure, else a named vector; `NA` where a measure is not defined on these data. Errors of
#'   class `weles_measure_misfit` (it names those that fit), `weles_invalid_input`, `weles_not_found`, and the model's
#'   own.
#' @export
#' @examples
#' \dontrun{
#' model_audit("irises", "acc", iris, "Species")
#' model_audit("irises", c("acc", "f1"), iris)
#' }
model_audit <- function(name, measure = NULL, data, target = NULL, data_name = "", data_description = "",
                        version = NULL) {
  stored <- if (is_hash(data)) data else dataset_upload(data, audited_name(data_name, name), data_description)$hash
  wanted <- list(dataset = stored)
  if (!is.null(target)) wanted$target <- target
  if (!is.null(measure)) wanted$measures <- as.list(measure)
  path <- paste0("/models/", segment(name), "/audits")
  job <- ask_json("POST", path, query = list(version = version), body = json_body(wanted))$job
  measured <- result_of(job)$measures
  values <- vapply(measured, function(value) if (is.null(value)) NA_real_ else as.numeric(value), 0)
  if (length(measure) == 1) unname(values[1]) else values
}

audited_name <- function(data_name, name) {
  if (nzchar(data_name)) data_name else sprintf("data to audit %s", name)
}

# What a job came to, once it is over. Raises its problem when it failed.
result_of <- function(job) {
  status <- follow(job)
  if (status$state == "succeeded") {
    return(status$result)
  }
  if (length(status$problem)) stop(from_problem(status$problem))
  stop(weles_condition("lake_busy", "lake", sprintf("The job was %s.", status$state), "Ask again."))
}
