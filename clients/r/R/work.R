#' Work that the lake does for you
#'
#' Whatever takes longer than a question is a job, which goes on without this session: preparing a version, predicting a
#' dataset (`model_predict(wait = FALSE)`), an audit, an explanation.
#'
#' @param job A job, or its id.
#' @param state Only jobs of this state: `"queued"`, `"running"`, `"succeeded"`, `"failed"` or `"cancelled"`.
#' @param limit So many at the most, the newest first.
#' @return `job_list()`: a data.frame of `id`, `kind`, `model`, `version`, `state`, `phase`, `percent` and
#'   `created_at`. `job_log()`: what the lake wrote down about it, one text. The others: the job, a list of `id`,
#'   `kind`, `model`, `version`, `state`, `phase`, `percent`, `detail`, `result` and `problem`. `job_wait()` follows
#'   it, showing progress and its log ([weles_connect()] says how much), until it is over, and raises what it failed
#'   with; `job_retry()` has one that is over tried again: the new job. Errors of class `weles_not_found`.
#' @export
#' @examples
#' \dontrun{
#' job <- model_predict("wine", stored$hash, wait = FALSE)
#' job_get(job)$percent
#' dataset_get(job_wait(job)$result$dataset)
#' job_list(state = "running")
#' }
job_list <- function(state = NULL, limit = 50) {
  jobs <- ask_json("GET", "/jobs", query = list(state = state, limit = limit))$jobs
  records_frame(jobs, c("id", "kind", "model", "version", "state", "phase", "percent", "created_at"))
}

#' @rdname job_list
#' @export
job_get <- function(job) {
  as_job(ask_json("GET", job_path(job)))
}

#' @rdname job_list
#' @export
job_wait <- function(job) {
  ended <- follow(function() job_get(job), job, function(seen) paste(seen$kind, seen$model, "version", seen$version))
  if (ended$state == "succeeded") {
    return(ended)
  }
  if (length(ended$problem)) stop(from_problem(ended$problem))
  stop(weles_condition("cancelled", "caller", sprintf("The job was %s.", ended$state), "Ask for it again."))
}

#' @rdname job_list
#' @export
job_cancel <- function(job) {
  as_job(ask_json("DELETE", job_path(job)))
}

#' @rdname job_list
#' @export
job_retry <- function(job) {
  job_get(ask_json("POST", job_path(job, "/retry"))$job)
}

#' @rdname job_list
#' @export
job_log <- function(job) {
  ask_text(job_path(job, "/log"))
}

#' @export
print.weles_job <- function(x, ...) {
  cat(sprintf(
    "<weles_job> %s: %s %s version %s: %s (%s, %.0f%%)\n", x$id, x$kind, x$model, x$version, x$state, x$phase, x$percent
  ))
  if (length(x$problem)) cat("  ", text_of(x$problem$detail), "\n", sep = "")
  invisible(x)
}

# Ask for work; the id of its job.
start_job <- function(path, body, query = list()) {
  ask_json("POST", path, query = query, body = body)$job
}

job_path <- function(job, further = "") {
  paste0("/jobs/", segment(if (inherits(job, "weles_job")) job$id else job, "job"), further)
}

as_job <- function(answer) {
  structure(
    list(
      id = answer$id, kind = text_of(answer$kind), model = text_of(answer$model), version = answer$version,
      state = text_of(answer$state), phase = text_of(answer$phase), percent = first_of(answer$percent, 0),
      detail = text_of(answer$detail), result = answer$result, problem = answer$problem
    ),
    class = "weles_job"
  )
}
