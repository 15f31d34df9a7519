# Columns as a model takes them: chosen, put in order, and given the model's names.
#
# A column goes by its name; failing that by its name without regard to case and punctuation ("Sepal.Length" is
# "sepal_length"). Where none goes by its name, and there are as many columns as the model takes, they go by place.

prepared_frame <- function(frame, inputs) {
  given <- if (is.null(names(frame))) character(ncol(frame)) else names(frame)
  frame <- frame[column_places(given, inputs)]
  names(frame) <- inputs
  frame
}

# The text of a .csv file, with the columns that the model takes.
prepared_csv <- function(path, inputs) {
  lines <- readLines(path, encoding = "UTF-8", warn = FALSE)
  lines[1] <- sub("^\ufeff", "", lines[1]) # what Windows puts before UTF-8
  rows <- utils::read.csv(
    text = lines, colClasses = "character", check.names = FALSE, na.strings = "", row.names = NULL
  )
  cells <- lapply(prepared_frame(rows, inputs), csv_cell)
  paste0(c(paste(csv_cell(inputs), collapse = ","), do.call(paste, c(unname(cells), sep = ","))), "\n", collapse = "")
}

csv_cell <- function(values) {
  ifelse(is.na(values), "", paste0("\"", gsub("\"", "\"\"", values, fixed = TRUE), "\""))
}

# Where among the `given` names each of the `wanted` columns is.
column_places <- function(given, wanted) {
  found <- vapply(wanted, only_place, 0L, given)
  if (anyNA(found)) {
    loose <- vapply(bare_name(wanted), only_place, 0L, bare_name(given))
    found <- ifelse(is.na(found), loose, found)
  }
  if (!anyNA(found) && !anyDuplicated(found)) {
    return(unname(found))
  }
  if (length(given) == length(wanted) && all(is.na(found))) {
    return(seq_along(wanted))
  }
  missing <- wanted[is.na(found)]
  refuse(
    "invalid_input",
    sprintf(
      "The data have %d columns, and none that could be %s.", length(given),
      paste(if (length(missing)) missing else wanted, collapse = ", ")
    ),
    sprintf("Give the columns %s; or as many, in this order, without these names.", paste(wanted, collapse = ", ")),
    problems = lapply(missing, function(name) list(column = name, expected = "a column"))
  )
}

# The place of the one column of that name; NA when there is none, or more than one.
only_place <- function(name, names) {
  found <- which(names == name)
  if (length(found) == 1) found else NA_integer_
}

bare_name <- function(names) {
  tolower(gsub("[^[:alnum:]]+", "", names))
}
