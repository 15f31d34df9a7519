# From start to exit code: wait for a model where there is none yet, read the manifest, load the model, serve. What ends the runtime is outside (watch.sh).

MODEL_NOT_LOADED <- 3L
CONTRACT_BROKEN <- 4L
LIBRARY <- "/opt/weles/library"

run <- function() {
  options(warn = 1, keep.source = FALSE)
  if (dir.exists(LIBRARY)) .libPaths(c(LIBRARY, .libPaths()))
  run_dir <- Sys.getenv("WELES_RUN_DIR", "/weles/run")
  started <- tryCatch(prepare(run_dir), ContractError = identity)
  if (inherits(started, "ContractError")) {
    give_up(run_dir, error_document("contract", started), CONTRACT_BROKEN)
  }
  manifest <- started$manifest
  began <- proc.time()[["elapsed"]]
  loaded <- model_side(load_model(manifest, started$flavour))
  if (inherits(loaded, "weles_failure")) {
    give_up(run_dir, error_document("model_load", loaded$error, loaded$calls), MODEL_NOT_LOADED)
  }
  load_seconds <- proc.time()[["elapsed"]] - began
  answer <- operations(manifest, started$flavour, loaded, load_seconds)
  serve(run_dir, started$settings$max_frame_bytes, answer)
}

# Settings, manifest and flavour. An error of class ContractError for what is not as the contract says.
prepare <- function(run_dir) {
  settings <- settings_from_environment()
  packages <- read_warm(settings$model_dir)
  if (!is.null(packages)) wait_for_model(packages, settings$model_dir, run_dir)
  manifest <- read_manifest(settings$model_dir)
  list(settings = settings, manifest = manifest, flavour = find_flavour(manifest$flavour))
}

load_model <- function(manifest, flavour) {
  for (package in flavour$packages) loadNamespace(package)
  model <- readRDS(manifest$path)
  if (length(flavour$classes) && !inherits(model, flavour$classes)) {
    stop(sprintf(
      "The file holds an object of class %s, which is no %s model.", paste(class(model), collapse = "/"), manifest$flavour
    ), call. = FALSE)
  }
  if (!is.null(flavour$load)) flavour$load(model)
  model
}

give_up <- function(run_dir, document, status) {
  path <- file.path(run_dir, "failure.json")
  beside <- paste0(path, ".new")
  # Without a folder to write to, the exit code alone has to tell it.
  try(
    {
      writeLines(document, beside, useBytes = TRUE)
      file.rename(beside, path)
    },
    silent = TRUE
  )
  cat(document, "\n", file = stderr(), sep = "")
  quit(save = "no", status = status, runLast = FALSE)
}
