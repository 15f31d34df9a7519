# An upload as one request: the model's file, its requirements, its data and its golden rows.

WHOLE_ROWS <- 20000L
HEAD_ROWS <- 1000L

# Check all that can be checked here, send it, and return the lake's answer {model, version, job, state, notes}.
# `text`: name, description, target, tags, data_name and data_description, as people shall read them.
send_upload <- function(mod, text, data, environment) {
  files <- tempfile(c("model", "metadata", "requirements", "golden", "data"))
  names(files) <- c("model", "metadata", "requirements", "golden", "data")
  on.exit(unlink(files))
  opened <- model_file(mod, files[["model"]])
  flavour <- flavour_of(opened$model)
  stored <- stored_hash(data, text)
  frame <- if (is.null(stored)) check_frame(data) else sample_rows(stored)
  table <- if (is.null(stored)) table_of(frame)
  golden <- golden_rows(flavour, opened$model, frame, text$target)
  # After the first prediction: packages are loaded by then that fitting alone did not need.
  requirements <- requirements_text(environment)
  metadata <- as.character(metadata_json(opened$model, flavour, text, stored))
  parts <- list(
    metadata = text_part("metadata", metadata, files[["metadata"]]),
    model = curl::form_file(opened$path, "application/octet-stream", "model"),
    requirements = text_part("requirements", requirements, files[["requirements"]], "text/plain"),
    golden = text_part("golden", golden, files[["golden"]])
  )
  if (is.null(stored)) parts$data <- data_part(table, files[["data"]])
  ask_json("POST", "/models", body = form_body(parts))
}

# A file is stored as a dataset first: the lake gives its columns their types, and the golden rows follow them.
stored_hash <- function(data, text) {
  if (is_hash(data)) {
    return(data)
  }
  if (is_data_file(data)) dataset_upload(data, text$data_name, text$data_description)$hash
}

# The stored dataset, or the first rows of a large one: enough to spread the golden rows over.
sample_rows <- function(hash) {
  if (dataset_info(hash)$rows > WHOLE_ROWS) dataset_head(hash, HEAD_ROWS) else dataset_get(hash)
}

metadata_json <- function(model, flavour, text, stored) {
  document <- list(
    name = text$name, description = text$description, target = text$target, tags = I(as.character(text$tags)),
    flavour = flavour, format = "rds", language = "r", language_version = r_version(),
    model_class = paste(class(model), collapse = "/"),
    data_name = text$data_name, data_description = text$data_description, system = system_facts()
  )
  if (!is.null(stored)) document$dataset <- stored
  jsonlite::toJSON(document, auto_unbox = TRUE)
}
