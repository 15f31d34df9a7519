# A model as the file that is uploaded: an object is saved, an .rds is read and sent as it is.

# list(model, path): `path` is `temporary` for an object. The model is to be called as it is in this session.
model_file <- function(mod, temporary) {
  if (is_text(mod)) {
    return(list(model = read_model(mod), path = mod))
  }
  model <- kept_whole(mod)
  tryCatch(saveRDS(model, temporary), error = function(reason) {
    refuse(
      "invalid_model", sprintf("The model cannot be saved: %s", conditionMessage(reason)),
      "Open connections and pointers of other programs cannot travel: fit it without them."
    )
  })
  list(model = model, path = temporary)
}

read_model <- function(path) {
  if (!grepl("\\.rds$", path, ignore.case = TRUE)) {
    refuse(
      "invalid_model", sprintf("%s is not a model file.", path),
      "Give a fitted model, or the path of an .rds file, made by saveRDS()."
    )
  }
  if (!file.exists(path)) {
    refuse("invalid_model", sprintf("There is no file %s.", path), "Check the path.")
  }
  tryCatch(suppressWarnings(readRDS(path)), error = function(reason) {
    refuse(
      "invalid_model", sprintf("%s cannot be read: %s", path, conditionMessage(reason)),
      "Save the model again, by saveRDS(), in the session that made it."
    )
  })
}

# A booster of xgboost before 2.0 is a pointer, and survives only with its raw form beside it.
kept_whole <- function(model) {
  if (!inherits(model, "xgb.Booster") || !isNamespaceLoaded("xgboost")) {
    return(model)
  }
  complete <- get0("xgb.Booster.complete", asNamespace("xgboost"), mode = "function")
  if (is.null(complete)) model else complete(model, saveraw = TRUE)
}
