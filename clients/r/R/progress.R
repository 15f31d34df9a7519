SHOWN <- c("log", "phases", "none")

# What to show of a job: as it is given, else as WELES_PROGRESS says, else the log where a bar can stand below it.
choose_progress <- function(given) {
  chosen <- first_text(given, Sys.getenv("WELES_PROGRESS"), if (cli::is_dynamic_tty()) "log" else "phases")
  if (!chosen %in% SHOWN) {
    refuse(
      "invalid_request", sprintf("Progress cannot be \"%s\".", chosen),
      sprintf("Choose one of %s.", paste0("\"", SHOWN, "\"", collapse = ", "))
    )
  }
  chosen
}

# A function(percent, phase, detail) that shows how far a job is: a bar where the terminal can redraw, else a line for
# each phase. The bar goes away when the function whose frame this is ends.
progress <- function(title, shown, frame = parent.frame()) {
  if (shown == "none") {
    return(function(...) NULL)
  }
  if (cli::is_dynamic_tty()) progress_bar(title, frame) else progress_lines(title)
}

# What others wrote must not move this terminal's cursor, nor rename its window.
show_lines <- function(lines) {
  plain <- gsub("[\001-\010\013-\037\177]", "", cli::ansi_strip(lines))
  for (line in plain) cli::cli_verbatim(line)
}

progress_bar <- function(title, frame) {
  bar <- cli::cli_progress_bar(
    name = title, total = 100, clear = TRUE, .envir = frame,
    format = "{cli::pb_name}{cli::pb_bar} {cli::pb_percent} {cli::pb_elapsed} {cli::pb_status}"
  )
  function(percent, phase, detail) {
    cli::cli_progress_update(
      set = min(max(percent, 0), 100), status = trimws(paste(phase, detail)), id = bar, force = TRUE, .envir = frame
    )
  }
}

progress_lines <- function(title) {
  said <- ""
  function(percent, phase, detail) {
    if (!identical(phase, said)) {
      line <- sprintf("%s: %s (%.0f%%)%s", title, phase, percent, if (nzchar(detail)) paste0(": ", detail) else "")
      cli::cli_inform("{line}")
    }
    said <<- phase
  }
}

# What the lake changed in the requirements; not that it leaves R's own packages to R, of which each upload has ten.
tell_notes <- function(notes) {
  for (note in grep("^[^ ]+==[^ ]+ +base: ", notes, value = TRUE, invert = TRUE)) cli::cli_inform(c(i = "{note}"))
}
