# What a runtime can be asked: ping, hello, modules, predict.

# A function of a question's bytes that gives the answer's. It never fails: what goes wrong is an answer too. `on_use` is
# called before what counts as use.
operations <- function(manifest, flavour, model, load_seconds) {
  read_frame <- frame_reader()
  write_answer <- answer_writer()
  threads <- manifest$threads
  delayedAssign("modes", modes_of(flavour, model))
  function(bytes, on_use) {
    work <- tryCatch(
      {
        question <- read_frame(bytes)
        operation <- question$header$op
        if (identical(operation, "ping")) {
          return(frame_of(c(ok = "true")))
        }
        if (identical(operation, "modules")) {
          return(frame_of(c(ok = "true", modules = json_array(json_text(loaded_packages())))))
        }
        on_use()
        if (identical(operation, "hello")) {
          return(frame_of(hello(manifest, modes, model, load_seconds)))
        }
        if (!identical(operation, "predict")) {
          request_error("invalid_request", sprintf("unknown operation '%s'", paste(operation, collapse = " ")))
        }
        if (is.null(question$table)) request_error("invalid_request", "a prediction needs a table")
        list(rows = in_order(question$table, manifest$inputs), ask = how_to_ask(flavour, modes, question$header$mode))
      },
      RequestError = identity
    )
    if (inherits(work, "RequestError")) {
      return(refusal(work$kind, conditionMessage(work)))
    }
    given <- model_side({
      table <- work$ask(model, work$rows, threads)
      write_answer(table)
    })
    if (inherits(given, "weles_failure")) {
      return(frame_of(c(ok = "false", error = error_document("model_raised", given$error, given$calls))))
    }
    given
  }
}

# A function of (model, rows, threads) that gives the table of predictions in that mode, one of `modes`.
how_to_ask <- function(flavour, modes, mode) {
  if (is.null(mode) || identical(mode, "exact")) {
    return(function(model, rows, threads) {
      # Not within the next call: evaluated lazily, the model's own calls would stand below the runtime's.
      given <- flavour$exact(model, rows, threads)
      exact_table(given, nrow(rows))
    })
  }
  if (!is_text(mode) || !mode %in% modes) {
    request_error("unsupported_mode", sprintf(
      "the model cannot do mode '%s'; it can do %s", paste(mode, collapse = " "), paste(modes, collapse = " and ")
    ))
  }
  function(model, rows, threads) {
    given <- flavour$prob(model, rows, threads)
    probability_table(given, nrow(rows))
  }
}

modes_of <- function(flavour, model) {
  c("exact", if (!is.null(flavour$has_prob) && isTRUE(flavour$has_prob(model))) "prob")
}

# The table with its columns as the manifest has them.
in_order <- function(table, inputs) {
  if (identical(names(table), inputs)) {
    return(table)
  }
  if (length(inputs) && !(length(inputs) == ncol(table) && setequal(inputs, names(table)))) {
    request_error("invalid_input", sprintf(
      "the model takes the columns %s; got %s", substr(paste(inputs, collapse = ", "), 1, 2000),
      substr(paste(names(table), collapse = ", "), 1, 2000)
    ))
  }
  if (length(inputs)) table[inputs] else table
}

hello <- function(manifest, modes, model, load_seconds) {
  packages <- utils::installed.packages(noCache = TRUE)
  # A package may be in the environment's library and in R's own: the first is the one that is loaded.
  packages <- packages[!duplicated(packages[, "Package"]), "Version"]
  c(
    ok = "true", contract = sprintf("%d", CONTRACT), language = json_text("r"),
    version = json_text(paste(R.version$major, R.version$minor, sep = ".")),
    flavour = json_text(manifest$flavour), class = json_text(paste(class(model), collapse = "/")),
    load_seconds = sprintf("%.3f", load_seconds),
    packages = json_object(structure(json_text(packages), names = names(packages))),
    modes = json_array(json_text(modes))
  )
}
