# An error's data as text for a person.

SHOWN_PROBLEMS <- 20L

explain <- function(detail, fields, next_step) {
  lines <- c(detail, places(fields), diagnosis_lines(fields, detail), blocks(fields))
  paste(c(lines, if (nzchar(next_step)) paste("Next:", next_step)), collapse = "\n")
}

places <- function(fields) {
  listed <- Filter(is.list, c(as.list(fields$problems), as.list(fields$differences)))
  shown <- vapply(utils::head(listed, SHOWN_PROBLEMS), function(each) paste0("  ", place(each)), "")
  more <- length(listed) - SHOWN_PROBLEMS
  available <- unlist(fields$available)
  c(
    shown,
    if (more > 0) sprintf("  ... and %d more", more),
    if (length(available)) paste("  available:", paste(available, collapse = ", "))
  )
}

place <- function(problem) {
  where <- vapply(
    Filter(function(key) !is.null(problem[[key]]), c("field", "column", "row", "line")),
    function(key) paste(key, quoted(problem[[key]])), ""
  )
  what <- c(
    if (!is.null(problem$text)) quoted(problem$text),
    if (!is.null(problem$expected)) paste("expected", problem$expected),
    if (!is.null(problem$got)) paste("got", problem$got),
    paste(unlist(problem[c("reason", "message")]), collapse = "; ")
  )
  parts <- c(text_of(problem$what), paste(where, collapse = ", "), paste(what[nzchar(what)], collapse = ", "))
  paste(parts[nzchar(parts)], collapse = ": ")
}

quoted <- function(value) {
  if (is.character(value)) paste0("\"", value, "\"") else format(value)
}

diagnosis_lines <- function(fields, detail) {
  diagnosis <- fields$diagnosis
  if (!is.list(diagnosis)) {
    return(character())
  }
  told <- vapply(c("phase", "package", "summary", "line"), function(key) text_of(diagnosis[[key]]), "")
  told <- told[nzchar(told) & !vapply(told, grepl, NA, x = detail, fixed = TRUE)]
  if (length(told)) paste0("  ", names(told), ": ", told)
}

blocks <- function(fields) {
  reason <- fields$reason
  inner <- if (is.list(reason)) blocks(if (is.list(reason$fields)) reason$fields else reason)
  titles <- c(
    traceback = "The model's own traceback:", log_tail = "The end of the log:", log = "The end of the log:"
  )
  own <- lapply(names(titles), function(key) {
    text <- text_of(fields[[key]])
    if (nzchar(text)) c(titles[[key]], paste0("  ", strsplit(text, "\n", fixed = TRUE)[[1]]))
  })
  c(inner, unlist(own))
}
