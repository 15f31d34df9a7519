#' Why a model predicts what it does
#'
#' The lake explains a model of any language, by dalex, asking the model's own container.
#'
#' @param name The model's name.
#' @param kind Of the whole model: `"permutation_importance"`, `"partial_dependence"`. Of single rows:
#'   `"ceteris_paribus"`, `"break_down"`, `"shap"`.
#' @param rows The rows to explain, at most 20, as [model_predict()] takes them.
#' @param row_numbers The rows to explain, as numbers of rows of the data, counted from 1.
#' @param columns Only these columns, for importance and profiles.
#' @param class_name Whose probability; `NULL` for the second of two classes, else the most probable one.
#' @param data The hash of the dataset that the model is explained on; `NULL` for its training data.
#' @param target The column of the truth, for importance.
#' @param loss Of importance: `"1-auc"`, `"rmse"` ...
#' @param background How many rows of the data are used.
#' @param repetitions Of permutations.
#' @param grid_points Of a profile.
#' @param seed Decides which rows are used and how they are permuted.
#' @param version A version's number, alias or hash; `NULL` for the newest that is ready.
#' @param id An explanation's id.
#' @param x,explanation An explanation.
#' @param row.names,optional,... Not used.
#' @param path The plot's file: .png, .svg, .html (a page that needs nothing else), or .json (plotly's).
#' @return `model_explain()`, `explanation_get()`: an explanation, a list of `id`, `kind`, `model`, `version`, `data`
#'   (the document of its kind) and `frame`. `frame`, also by `as.data.frame()`, are the numbers, a row for each bar
#'   or point: of importance `variable`, `loss`; of profiles `variable`, `x`, `prediction`; of contributions
#'   `variable`, `value`, `contribution`; of single rows with `row`, counted from 1. `explanation_save()`: the plot's
#'   path. `model_explanations()`: a data.frame of `id`, `kind`, `title` and `created_at`, yours, the newest first.
#'   Errors of class `weles_invalid_request`, `weles_invalid_input`, `weles_not_found`, `weles_too_much_work`, and the
#'   model's own.
#' @export
#' @examples
#' \dontrun{
#' why <- model_explain("irises", "shap", iris[1, 1:4])
#' why$frame
#' explanation_save(why, "why.png")
#' as.data.frame(model_explain("wine", "permutation_importance"))
#' }
model_explain <- function(name, kind = c(
                            "shap", "break_down", "ceteris_paribus", "partial_dependence", "permutation_importance"
                          ), rows = NULL, row_numbers = NULL, columns = NULL, class_name = NULL, data = NULL,
                          target = NULL, loss = NULL, background = NULL, repetitions = NULL, grid_points = NULL,
                          seed = 0, version = NULL) {
  wanted <- list(
    kind = match.arg(kind), rows = if (!is.null(rows)) asked_rows(name, rows, version),
    row_numbers = if (!is.null(row_numbers)) I(row_numbers - 1), columns = if (!is.null(columns)) I(columns),
    class = class_name, dataset = data, target = target, loss = loss, background = background,
    repetitions = repetitions, grid_points = grid_points, seed = seed
  )
  job <- start_job(model_path(name, "explanations"), question_body(wanted), list(version = version))
  explanation_get(job_wait(job)$result$explanation)
}

#' @rdname model_explain
#' @export
model_explanations <- function(name, version = NULL) {
  kept <- ask_json("GET", model_path(name, "explanations"), query = list(version = version))$explanations
  records_frame(kept, c("id", "kind", "title", "created_at"))
}

#' @rdname model_explain
#' @export
explanation_get <- function(id) {
  known <- ask_json("GET", explanation_path(id))
  structure(
    list(
      id = known$id, kind = known$data$kind, model = known$model, version = known$version, data = known$data,
      frame = explained_frame(known$data)
    ),
    class = "weles_explanation"
  )
}

#' @rdname model_explain
#' @export
explanation_save <- function(explanation, path) {
  id <- if (inherits(explanation, "weles_explanation")) explanation$id else explanation
  ask_file(explanation_path(id), file_type(path, PLOTS), path)
}

#' @rdname model_explain
#' @export
as.data.frame.weles_explanation <- function(x, row.names = NULL, optional = FALSE, ...) { # nolint: the generic's names
  x$frame
}

#' @export
print.weles_explanation <- function(x, ...) {
  cat(sprintf("<weles_explanation> %s of %s version %s\n", x$kind, x$model, x$version))
  print(x$frame, ...)
  invisible(x)
}

PLOTS <- c(
  png = "image/png", svg = "image/svg+xml", html = "text/html", json = "application/vnd.plotly.v1+json"
)

explanation_path <- function(id) {
  paste0("/explanations/", segment(id, "id"))
}

# Names only: the lake reads the values by the model's own schema.
asked_rows <- function(name, rows, version) {
  if (is_text(rows)) {
    refuse("invalid_input", "The rows are not a table.", "Give a data.frame; rows of a dataset go by `row_numbers`.")
  }
  table_json(prediction_table(name, rows, version), typed = FALSE)
}

# The question as JSON; its rows are JSON already.
question_body <- function(wanted) {
  texts <- vapply(wanted[lengths(wanted) > 0 & names(wanted) != "rows"], function(value) {
    as.character(jsonlite::toJSON(value, auto_unbox = TRUE, digits = NA))
  }, "")
  fields <- c(texts, if (!is.null(wanted$rows)) c(rows = wanted$rows))
  text <- paste0("{", paste0("\"", names(fields), "\":", fields, collapse = ","), "}")
  function(request) httr2::req_body_raw(request, charToRaw(enc2utf8(text)), "application/json")
}

# The numbers of an explanation, a line for each bar or point.
explained_frame <- function(data) {
  if (!is.null(data$variables)) {
    return(records_frame(data$variables, c("variable", "loss")))
  }
  if (!is.null(data$profiles)) {
    return(records_frame(points_of(data$profiles), c("variable", "x", "prediction")))
  }
  profiles <- !is.null(data$rows[[1]]$profiles)
  lines <- lapply(seq_along(data$rows), function(number) {
    row <- data$rows[[number]]
    lapply(if (profiles) points_of(row$profiles) else row$contributions, function(line) c(list(row = number), line))
  })
  keys <- if (profiles) c("variable", "x", "prediction") else c("variable", "value", "contribution")
  records_frame(do.call(c, lines), c("row", keys))
}

points_of <- function(profiles) {
  do.call(c, lapply(profiles, function(profile) {
    Map(function(x, prediction) list(variable = profile$variable, x = x, prediction = prediction),
      profile$x, profile$prediction,
      USE.NAMES = FALSE
    )
  }))
}
