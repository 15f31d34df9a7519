# Following the job that prepares an uploaded version.

FIRST_LOOK <- 0.2
LONGEST_LOOK <- 2
LOG_LINES <- 20L
ENDED <- c("succeeded", "failed", "cancelled")

status_of <- function(job) {
  document <- ask_json("GET", job_path(job))
  new_status(
    model = text_of(document$model), version = document$version, state = text_of(document$state),
    phase = text_of(document$phase), percent = document$percent, detail = text_of(document$detail), job = job,
    notes = as.character(unlist(document$notes)), problem = document$problem
  )
}

new_status <- function(model, version, state, phase, percent, detail = "", job = NULL, notes = character(),
                       problem = NULL) {
  structure(
    list(
      model = model, version = version, state = state, ready = state == "succeeded", phase = phase,
      percent = if (is.null(percent)) 0 else percent, detail = detail, job = job, notes = notes, problem = problem
    ),
    class = "weles_status"
  )
}

#' @export
print.weles_status <- function(x, ...) {
  cat(sprintf("<weles_status> %s version %s: %s (%s, %.0f%%)\n", x$model, x$version, x$state, x$phase, x$percent))
  if (nzchar(x$detail)) cat("  ", x$detail, "\n", sep = "")
  if (!is.null(x$problem)) cat("  ", text_of(x$problem$detail), "\n", sep = "")
  invisible(x)
}

# Show progress until the job has ended; its last status. An error of class weles_upload_failed when it did not succeed.
wait_for <- function(job) {
  check_status(follow(function() status_of(job), job))
}

# Show progress until what `look` sees of a job has ended; what it saw last. `title`: what it is called.
follow <- function(look, job, title = function(seen) sprintf("%s version %s", seen$model, seen$version)) {
  shown <- connection()$progress
  news <- if (shown == "log") growing_log(job) else function() character()
  seen <- look()
  show <- progress(title(seen), shown)
  pause <- FIRST_LOOK
  repeat {
    # After the look: of what has ended all lines are there.
    show_lines(news())
    show(seen$percent, seen$phase, seen$detail)
    if (seen$state %in% ENDED) {
      return(seen)
    }
    Sys.sleep(pause)
    pause <- min(pause * 1.5, LONGEST_LOOK)
    seen <- look()
  }
}

check_status <- function(status) {
  if (!status$state %in% c("failed", "cancelled")) {
    return(status)
  }
  reason <- if (length(status$problem)) {
    from_problem(status$problem)
  } else {
    weles_condition("cancelled", "caller", sprintf("Its job was %s.", status$state), "Upload it again.")
  }
  fields <- reason$fields
  if (is.null(fields$traceback) && is.null(fields$log_tail)) fields$log <- end_of_log(status$job)
  stop(weles_condition(
    "upload_failed", reason$family,
    sprintf("Version %s of \"%s\" could not be prepared. %s", status$version, status$model, reason$detail),
    reason$next_step, fields,
    kinds = sub("^weles_", "", class(reason)[1])
  ))
}

# A function that gives the lines of a job's log since it was last called; none when the lake does not give them, for
# the job goes on without.
growing_log <- function(job) {
  position <- "0"
  function() {
    if (is.null(position)) {
      return(character())
    }
    tryCatch(
      {
        answer <- ask("GET", job_path(job, "/log"), query = list(after = position), accept = "text/plain")
        # A lake that does not say how far this was would say all of it again.
        position <<- httr2::resp_header(answer, "Weles-Log-Position")
        strsplit(text_in(answer), "\n", fixed = TRUE)[[1]]
      },
      weles_error = function(...) character()
    )
  }
}

end_of_log <- function(job) {
  if (is.null(job)) {
    return("")
  }
  text <- tryCatch(
    job_log(job),
    weles_error = function(...) "" # the reason is known without it
  )
  paste(utils::tail(strsplit(text, "\n", fixed = TRUE)[[1]], LOG_LINES), collapse = "\n")
}
