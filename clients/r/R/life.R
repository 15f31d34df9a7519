#' What happens to a model after its upload
#'
#' It is described (`model_edit()`, `model_set_card()`), cited, deleted, restored. Versions keep what their upload said.
#' What is deleted is gone for everyone at once, and can be restored for a while.
#'
#' @param name The model's name.
#' @param text The card in Markdown, one text or lines; `""` takes it away.
#' @param description,tags The new ones; `NULL` leaves them.
#' @param version A version: a number, an alias, or a hash. For `model_delete()` and `model_restore()` `NULL` is the
#'   whole model.
#' @return `model_versions()`: a data.frame of `version`, `hash`, `state`, `description` and `created_at`, oldest
#'   first. `model_card()`: the card, as it was written. `model_cite()`: how to cite a version, with a link that
#'   stays. `model_edit()`: a list of `name`, `owner`, `description` and `tags`. `model_delete()`: a list of `model`,
#'   `version` and `restorable_until`. `model_deleted()`: a data.frame of what of yours can be restored, latest first:
#'   `kind`, `name`, `version`, `owner`, `size`, `deleted_at`, and `restorable_until`, when its bytes go. The others:
#'   nothing. Errors of class `weles_not_found`, `weles_deleted`, `weles_forbidden`.
#' @export
#' @examples
#' \dontrun{
#' model_set_card("wine", readLines("card.md"))
#' cat(model_cite("wine"))
#' model_delete("wine", 1)
#' model_restore("wine", 1)
#' }
model_versions <- function(name) {
  records_frame(
    ask_json("GET", model_path(name, "versions"))$versions, c("version", "hash", "state", "description", "created_at")
  )
}

#' @rdname model_versions
#' @export
model_card <- function(name) {
  ask_text(model_path(name, "card"), "text/markdown")
}

#' @rdname model_versions
#' @export
model_set_card <- function(name, text) {
  written <- enc2utf8(paste(text, collapse = "\n"))
  body <- function(request) httr2::req_body_raw(request, charToRaw(written), "text/markdown; charset=utf-8")
  ask("PUT", model_path(name, "card"), body = body)
  invisible()
}

#' @rdname model_versions
#' @export
model_edit <- function(name, description = NULL, tags = NULL) {
  wanted <- list()
  wanted$description <- description
  if (!is.null(tags)) wanted$tags <- I(as.character(tags))
  changed <- ask_json("PATCH", model_path(name), body = json_body(wanted))
  changed$tags <- as.character(unlist(changed$tags))
  changed
}

#' @rdname model_versions
#' @export
model_cite <- function(name, version = NULL) {
  model_document(name, version)$citation
}

#' @rdname model_versions
#' @export
model_delete <- function(name, version = NULL) {
  gone <- ask_json("DELETE", version_path(name, version))
  cli::cli_inform(c(i = "It can be restored until {gone$restorable_until}: {.fn model_restore}."))
  invisible(gone)
}

#' @rdname model_versions
#' @export
model_restore <- function(name, version = NULL) {
  ask("POST", paste0(version_path(name, version), "/restore"))
  invisible()
}

#' @rdname model_versions
#' @export
model_deleted <- function() {
  kept <- c("kind", "name", "version", "owner", "size", "deleted_at", "restorable_until")
  records_frame(ask_json("GET", "/deleted")$deleted, kept)
}

version_path <- function(name, version) {
  if (is.null(version)) model_path(name) else model_path(name, "versions", as.character(version))
}
