# The runtime's settings, from its environment; how long it lives is the watcher's to know (watch.sh).

settings_from_environment <- function() {
  for (name in c("WELES_IDLE_SECONDS", "WELES_AGE_SECONDS", "WELES_LEASE_SECONDS")) number_setting(name, 1)
  list(
    model_dir = Sys.getenv("WELES_MODEL_DIR", "/weles/model"),
    max_frame_bytes = floor(number_setting("WELES_MAX_FRAME_BYTES", 2^30))
  )
}

number_setting <- function(name, default) {
  text <- Sys.getenv(name, NA)
  if (is.na(text)) {
    return(default)
  }
  if (!grepl("^([0-9]+[.]?[0-9]*|[.][0-9]+)$", text) || as.numeric(text) <= 0) {
    contract_error(sprintf("%s='%s' is not a number above 0", name, text))
  }
  as.numeric(text)
}
