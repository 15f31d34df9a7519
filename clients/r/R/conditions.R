#' Errors of this package
#'
#' Every error is a condition of class `weles_error`, and of one of three families:
#'
#' * `weles_caller_error`: something in the call has to change: `weles_invalid_request`,
#'   `weles_invalid_input`, `weles_invalid_environment`, `weles_invalid_model`, `weles_not_found`,
#'   `weles_exists`, `weles_too_large`, `weles_unauthenticated`, `weles_forbidden`,
#'   `weles_environment_failed`, `weles_not_connected`, `weles_measure_misfit`, `weles_alias_moved`, `weles_deleted`,
#'   `weles_session_differs` ...
#' * `weles_model_error`: the model's own code or file is at fault: `weles_model_raised`,
#'   `weles_model_not_loadable`, `weles_model_out_of_memory`, `weles_prediction_timeout`,
#'   `weles_answers_differ` ...
#' * `weles_lake_error`: the lake's own trouble, the same call may work later:
#'   `weles_environment_not_ready`, `weles_capacity_exceeded`, `weles_lake_unreachable`,
#'   `weles_unexpected_answer` ...
#'
#' An upload that could not be prepared is a `weles_upload_failed` and has the classes of its reason
#' too. The message says what happened, where in your data, the model's own traceback, and what to do
#' next. The same facts are in the condition's elements `detail`, `family`, `next_step` and `fields`
#' (a list: `problems`, `traceback`, `available` ...), for programs.
#'
#' @name weles_conditions
#' @examples
#' tryCatch(
#'   weles_connect("not an address"),
#'   weles_caller_error = function(error) error$next_step
#' )
NULL

weles_condition <- function(slug, family, detail, next_step = "", fields = list(),
                            kinds = character()) {
  structure(
    class = unique(c(
      paste0("weles_", c(slug, kinds)), paste0("weles_", family, "_error"),
      "weles_error", "error", "condition"
    )),
    list(
      message = explain(detail, fields, next_step), call = NULL,
      detail = detail, family = family, next_step = next_step, fields = fields
    )
  )
}

refuse <- function(slug, detail, next_step, ...) {
  stop(weles_condition(slug, "caller", detail, next_step, list(...)))
}

# `row` counts from 0, as in what the lake itself answers.
refuse_value <- function(column, row, expected, got) {
  refuse(
    "invalid_input", sprintf("The column \"%s\" cannot be sent as it is.", column),
    "Convert the column, with as.numeric() or as.character() for example, or leave it out.",
    problems = list(list(column = column, row = row, expected = expected, got = got))
  )
}

# The error that a problem document (RFC 9457) describes: its class by the last segment of `type`, else by the status.
from_problem <- function(document, status = 0) {
  named <- sub("^.*/", "", sub("/+$", "", text_of(document$type)))
  slug <- gsub("-", "_", named, fixed = TRUE)
  if (!grepl("^[a-z][a-z_]*$", slug)) slug <- slug_of_status(status)
  family <- text_of(document$family)
  if (!family %in% c("caller", "model", "lake")) {
    family <- if (status >= 400 && status < 500) "caller" else "lake"
  }
  detail <- text_of(document$detail, text_of(document$title, sprintf("The lake answered with status %d.", status)))
  standard <- c("type", "title", "status", "detail", "instance", "next", "family")
  weles_condition(slug, family, detail, text_of(document[["next"]]), document[!names(document) %in% standard])
}

slug_of_status <- function(status) {
  known <- c(
    "401" = "unauthenticated", "403" = "forbidden", "404" = "not_found", "409" = "exists",
    "413" = "too_large", "415" = "unsupported_media_type", "429" = "lake_busy"
  )
  slug <- unname(known[as.character(status)])
  if (is.na(slug)) "unexpected_answer" else slug
}

text_of <- function(value, otherwise = "") {
  if (is.null(value) || length(value) != 1 || is.na(value) || !nzchar(value)) otherwise else as.character(value)
}
