#' Keep a model's container up
#'
#' The first call of a model starts a container, and later calls find it for a while. A model that is kept warm has one
#' always, or at hours of the day, so that nobody waits for it. It is that of `production`, else of the newest version.
#'
#' @param name The model's name.
#' @param min_warm 1 keeps a container up, 0 lets it go.
#' @param hours Of the day in UTC, as `"07:00-19:00"`; `NULL`: always.
#' @return A list of `min_warm` and `hours`. Errors of class `weles_too_many_kept`, `weles_invalid_request`,
#'   `weles_not_found`, `weles_forbidden`.
#' @export
#' @examples
#' \dontrun{
#' model_keep_warm("wine", hours = "07:00-19:00")
#' model_warmth("wine")
#' model_keep_warm("wine", 0)
#' }
model_keep_warm <- function(name, min_warm = 1, hours = NULL) {
  wanted <- list(min_warm = min_warm)
  wanted$hours <- hours
  ask_json("PUT", model_path(name, "warm"), body = json_body(wanted))
}

#' @rdname model_keep_warm
#' @export
model_warmth <- function(name) {
  ask_json("GET", model_path(name, "warm"))
}
