#' Find models
#'
#' The models that you may see and that fit everything that is given, by what belongs to the version that a prediction
#' would use.
#'
#' Ranges are comparisons with `;` between them: `row = ">1000;<10000;"`, `column = "=12;"`,
#' `language_version = ">3.3.3;<3.6;"` (3.10 comes after 3.9).
#'
#' @param text Words of names, tags, descriptions, cards and column names.
#' @param tags Tags that it has to have, all of them.
#' @param owner Whose it has to be.
#' @param regex A regular expression that is found in the name (RE2's syntax).
#' @param row,column,missing,classes Ranges: rows and columns of its training data (the target among them), values that
#'   are missing there, classes of a classification.
#' @param language,language_version,flavour What it was made with; `language_version` is a range.
#' @param sort `"name"`, `"created"`, `"rows"` ...; `"-created"` the other way round. By default how well it fits the
#'   words, or the name.
#' @param most So many models at the most, with a warning when there are more.
#' @return A data.frame of `name`, `owner`, `version`, `state`, `language`, `flavour`, `rows`, `columns`, `description`
#'   and `tags` (a list). Errors of class `weles_invalid_request`, which say where a range or an expression is wrong.
#' @export
#' @examples
#' \dontrun{
#' model_search("iris", tags = "forest")
#' model_search(language = "r", row = ">100;", sort = "-created")
#' }
model_search <- function(text = NULL, tags = NULL, owner = NULL, regex = NULL, row = NULL, column = NULL,
                         missing = NULL, classes = NULL, language = NULL, language_version = NULL, flavour = NULL,
                         sort = NULL, most = 1000) {
  query <- list(
    q = text, owner = owner, regex = regex, row = row, column = column, missing = missing, classes = classes,
    language = language, language_version = language_version, flavour = flavour, sort = sort
  )
  escaped <- vapply(enc2utf8(as.character(tags)), utils::URLencode, "", reserved = TRUE, repeated = TRUE)
  tags <- paste(sprintf("tags=%s", escaped), collapse = "&")
  path <- if (nzchar(tags)) paste0("/models?", tags) else "/models"
  found <- list()
  repeat {
    page <- list(page = length(found) %/% FOUND_ON_A_PAGE + 1, per_page = FOUND_ON_A_PAGE)
    answer <- ask_json("GET", path, query = c(query[lengths(query) > 0], page))
    found <- c(found, answer$models)
    if (length(answer$models) < FOUND_ON_A_PAGE || length(found) >= most) break
  }
  if (answer$total > most || isTRUE(answer$more) && length(found) >= most) {
    fit <- if (isTRUE(answer$more)) paste("More than", answer$total) else answer$total
    cli::cli_warn("{fit} models fit; these are {most} of them. Ask for less, or for more at the {.arg most}.")
  }
  found_frame(utils::head(found, most))
}

FOUND_ON_A_PAGE <- 500

found_frame <- function(found) {
  frame <- rows_frame(
    found, c("name", "owner", "version", "state", "language", "flavour", "rows", "columns", "description")
  )
  for (number in c("version", "rows", "columns")) frame[[number]] <- as.integer(frame[[number]])
  frame$tags <- I(lapply(found, function(model) as.character(unlist(model$tags))))
  frame
}
