# model.json: which model, how it is read and how it is called.

CONTRACT <- 1L

# list(flavour, path, target, inputs, threads). An error of class ContractError for anything else.
read_manifest <- function(folder) {
  document <- tryCatch(
    {
      path <- file.path(folder, "model.json")
      bytes <- readBin(path, "raw", file.info(path)$size)
      parse_json(bytes)
    },
    error = function(reason) contract_error(paste("model.json cannot be read:", conditionMessage(reason))),
    warning = function(reason) contract_error(paste("model.json cannot be read:", conditionMessage(reason)))
  )
  if (is.null(names(document)) || !identical(document$contract, as.double(CONTRACT))) {
    contract_error(sprintf("model.json is not of contract %d", CONTRACT))
  }
  for (key in c("flavour", "format", "file")) {
    if (!is_text(document[[key]]) || !nzchar(document[[key]])) contract_error(sprintf("model.json has no text '%s'", key))
  }
  if (document$format != "rds") {
    contract_error(sprintf("unknown format '%s'; this runtime reads rds", document$format))
  }
  path <- file.path(folder, document$file)
  if (document$file != basename(document$file) || !file_test("-f", path)) {
    contract_error(sprintf("there is no model file '%s' beside model.json", document$file))
  }
  threads <- document$threads
  if (!is.null(threads) && !(is.numeric(threads) && threads >= 1)) {
    contract_error("\"threads\" is not a number of threads")
  }
  inputs <- document$inputs
  named <- function(field) is.list(field) && is_text(field$name)
  if (!is.list(inputs) || !is.null(names(inputs)) || !all(vapply(inputs, named, NA))) {
    contract_error("\"inputs\" is not a list of typed columns")
  }
  list(
    flavour = document$flavour, path = path, target = document$target,
    inputs = vapply(inputs, function(each) each$name, ""), threads = threads
  )
}

is_text <- function(value) is.character(value) && length(value) == 1

file_test <- function(op, path) utils::file_test(op, path)

contract_error <- function(message) {
  stop(structure(class = c("ContractError", "error", "condition"), list(message = message, call = NULL)))
}
