# Anything that has a predict method. Which package has it, only the packages' own registrations say.

FLAVOURS$r <- list(
  load = function(model) {
    classes <- if (isS4(model)) methods::is(model) else class(model)
    from <- attr(class(model), "package")
    if (!is.null(from) && !identical(from, ".GlobalEnv")) load_quietly(from)
    if (!has_predict(classes)) {
      for (package in packages_with_predict(classes)) load_quietly(package)
    }
    if (!has_predict(classes)) {
      stop(sprintf("An object of class %s has no predict method here.", paste(classes, collapse = "/")), call. = FALSE)
    }
  },
  exact = function(model, rows, threads) stats::predict(model, rows)
)

has_predict <- function(classes) {
  for (class in classes) {
    if (!is.null(utils::getS3method("predict", class, optional = TRUE, envir = globalenv()))) {
      return(TRUE)
    }
  }
  methods::isGeneric("predict") && any(vapply(classes, function(class) methods::existsMethod("predict", class), NA))
}

# Installed packages that register predict for one of these classes.
packages_with_predict <- function(classes) {
  folders <- list.dirs(.libPaths(), recursive = FALSE)
  registers <- function(folder) {
    file <- file.path(folder, "Meta", "nsInfo.rds")
    if (!file.exists(file)) {
      return(FALSE)
    }
    methods <- readRDS(file)$S3methods
    any(methods[, 1] == "predict" & methods[, 2] %in% classes)
  }
  unique(basename(Filter(registers, folders)))
}
