#' Datasets of the lake
#'
#' A dataset is an immutable table, addressed by the hash of its content: the same content again gives
#' the same hash. Columns of a data.frame keep their types; columns of a .csv get them from the lake.
#'
#' @param data A data.frame, or the path of a .csv, .parquet or .json file.
#' @param name,description What people shall read of it.
#' @param hash The dataset's hash, as `dataset_upload()` gave it.
#' @param n How many rows.
#' @param path A .csv, .parquet, .arrow or .json file to write, of any size; it is there whole or not at all.
#' @return `dataset_upload()`: a list of `hash`, `rows` and `columns` (a data.frame of names and types).
#'   `dataset_get()`, `dataset_head()`: a data.frame, typed as it was. `dataset_info()`: a list of `hash`, `rows`,
#'   `missing`, `columns` (a data.frame of `name`, `type`, `missing` and `statistics`), `aliases`, `link`, `citation`
#'   and `created_at`. `dataset_citation()`: a line that a paper can print, with a link that stays.
#'   `dataset_download()`: the file's path. Errors of class `weles_not_found`, `weles_invalid_input`.
#'
#' @section Types:
#' | in R | in the lake | back in R |
#' |---|---|---|
#' | logical | bool | logical |
#' | integer | int32 | integer |
#' | integer64 (package bit64) | int64, exact | numeric below 2^53; else integer64, or text and a warning |
#' | numeric, NA and NaN apart | float64 | numeric, NA and NaN apart |
#' | character ("001" stays text) | string | character |
#' | factor, ordered or not | categorical | factor with all levels |
#' | Date | date | Date |
#' | POSIXct, POSIXlt | timestamp with zone, to the microsecond | POSIXct in that zone |
#' | | timestamp without zone | POSIXct in UTC |
#'
#' What no type holds (lists, complex, difftime, ...) is refused with its column.
#' @export
#' @examples
#' \dontrun{
#' stored <- dataset_upload(iris, "iris", "150 irises")
#' dataset_head(stored$hash, 3)
#' identical(dataset_get(stored$hash), iris)
#' }
dataset_upload <- function(data, name, description = "") {
  files <- tempfile(c("metadata", "data"))
  on.exit(unlink(files))
  metadata <- jsonlite::toJSON(list(name = name, description = description), auto_unbox = TRUE)
  parts <- list(metadata = text_part("metadata", metadata, files[1]), data = data_part(data, files[2]))
  answer <- ask_json("POST", "/datasets", body = form_body(parts))
  list(hash = answer$hash, rows = answer$rows, columns = fields_frame(answer$columns))
}

#' @rdname dataset_upload
#' @export
dataset_get <- function(hash) {
  frame_of(ask_json("GET", dataset_path(hash)))
}

#' @rdname dataset_upload
#' @export
dataset_head <- function(hash, n = 5) {
  frame_of(ask_json("GET", dataset_path(hash, "head"), query = list(rows = n)))
}

#' @rdname dataset_upload
#' @export
dataset_info <- function(hash) {
  as_dataset_info(ask_json("GET", dataset_path(hash, "info")))
}

#' @rdname dataset_upload
#' @export
dataset_citation <- function(hash) {
  dataset_info(hash)$citation
}

#' @rdname dataset_upload
#' @export
dataset_download <- function(hash, path) {
  types <- c(CONTENT_TYPES, arrow = "application/vnd.apache.arrow.stream")
  ask_file(dataset_path(hash), file_type(path, types), path)
}

as_dataset_info <- function(answer) {
  answer$columns <- columns_frame(answer$columns)
  answer$aliases <- rows_frame(answer$aliases, c("name", "description", "owner", "created_at"))
  answer
}
