# What goes wrong inside the runtime, and how it is told: as a document without a call of the runtime's own code.

MAX_MESSAGE <- 8000L
MAX_TRACEBACK <- 16000L
MAX_CALLS <- 60L
MAX_CALL <- 300L

# A request that cannot be answered; `kind` is one of the contract's.
request_error <- function(kind, message) {
  stop(structure(class = c("RequestError", "error", "condition"), list(message = message, call = NULL, kind = kind)))
}

not_a_prediction <- function(message) {
  stop(structure(class = c("NotAPrediction", "error", "condition"), list(message = message, call = NULL)))
}

# The value of `work`, which runs the model's code; or a weles_failure: its error, and the calls that led to it.
model_side <- function(work) {
  calls <- NULL
  tryCatch(
    withCallingHandlers(work, error = function(error) calls <<- model_calls()),
    error = function(error) structure(class = "weles_failure", list(error = error, calls = calls))
  )
}

# The calls from the model's first one to the one that failed. To be called by a handler of errors.
model_calls <- function() {
  calls <- sys.calls()
  runtime <- environment(model_side)
  ours <- vapply(seq_along(calls), function(each) is_ours(sys.function(each), runtime), NA)
  names <- vapply(calls, function(each) paste(deparse(each[[1]], nlines = 1L), collapse = ""), "")
  start <- match("model_side", names)
  after <- which(!ours & seq_along(calls) > start & !names %in% SCAFFOLD)
  if (!length(after)) {
    return(list())
  }
  # The last ones are this function and its handler, and the machinery that called them.
  end <- max(after)
  calls[seq(after[1], end)]
}

SCAFFOLD <- c(
  "tryCatch", "tryCatchList", "tryCatchOne", "doTryCatch", "withCallingHandlers", ".handleSimpleError", "h", "vapply",
  "FUN"
)

is_ours <- function(called, runtime) {
  where <- environment(called)
  while (!is.null(where) && !identical(where, emptyenv())) {
    if (identical(where, runtime)) {
      return(TRUE)
    }
    if (isNamespace(where) || identical(where, globalenv()) || identical(where, baseenv())) {
      return(FALSE)
    }
    where <- parent.env(where)
  }
  FALSE
}

# {"kind", "class", "message", "traceback"} of an error, all texts bounded.
error_document <- function(kind, error, calls = list()) {
  message <- tryCatch(paste(conditionMessage(error), collapse = "\n"), error = function(other) "(no message)")
  json_object(c(
    kind = json_text(kind), class = json_text(class(error)[1]),
    message = json_text(substr(clean_text(message), 1, MAX_MESSAGE)), traceback = json_text(traceback_text(error, calls))
  ))
}

traceback_text <- function(error, calls) {
  if (!length(calls)) {
    return("")
  }
  lines <- vapply(utils::tail(calls, MAX_CALLS), function(call) {
    substr(clean_text(deparse(call, width.cutoff = 200L, nlines = 1L)[1]), 1, MAX_CALL)
  }, "")
  whole <- paste(c("Traceback (the call that failed comes last):", paste0("  ", lines)), collapse = "\n")
  substring(whole, max(1L, nchar(whole) - MAX_TRACEBACK + 1L))
}
