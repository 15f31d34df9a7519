# A container that has no model yet: load what its environment's models load, and wait to be given one.

# The packages to load, in warm.json; NULL where there is a model, or no such order. An error of class ContractError.
read_warm <- function(folder) {
  path <- file.path(folder, "warm.json")
  if (file.exists(file.path(folder, "model.json")) || !file.exists(path)) {
    return(NULL)
  }
  document <- tryCatch(parse_json(readBin(path, "raw", file.info(path)$size)), error = identity)
  if (inherits(document, "error") || !identical(document$contract, as.double(CONTRACT)) || !is.list(document$imports)) {
    contract_error("warm.json cannot be read, or is not of this contract")
  }
  as.character(document$imports)
}

# Load the packages, say that this container is warm, and return when it has been given a model.
wait_for_model <- function(packages, folder, run_dir) {
  for (package in packages) try(suppressWarnings(loadNamespace(package)), silent = TRUE)
  warm <- file.path(run_dir, "warm")
  file.create(warm)
  while (!file.exists(file.path(folder, "model.json"))) Sys.sleep(0.01)
  unlink(warm)
}

loaded_packages <- function() {
  base <- rownames(utils::installed.packages(priority = "base", noCache = TRUE))
  setdiff(rev(loadedNamespaces()), base)
}
