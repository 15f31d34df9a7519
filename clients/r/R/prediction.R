# One prediction: the caller's data as a request's body, the lake's answer as R's own.

# The caller's data as the body of a request: the hash of a stored dataset, a file as it is, a table.
prediction_body <- function(name, X, version, prepare_columns) {
  if (is_hash(X)) {
    return(json_body(list(dataset = X)))
  }
  if (is_data_file(X)) {
    type <- data_file_type(X, if (prepare_columns) "csv" else c("csv", "parquet"))
    if (!prepare_columns) {
      return(file_body(X, type))
    }
    text <- prepared_csv(X, model_inputs(name, version)$name)
    return(function(request) httr2::req_body_raw(request, charToRaw(enc2utf8(text)), type))
  }
  # Names only: the lake reads the values by the model's own schema.
  text <- table_json(prediction_table(name, X, version, prepare_columns), typed = FALSE)
  function(request) httr2::req_body_raw(request, charToRaw(enc2utf8(text)), "application/json")
}

prediction_table <- function(name, X, version, prepare_columns = FALSE) {
  if (is.matrix(X)) X <- matrix_frame(name, X, version)
  if (is.list(X) && !is.data.frame(X) && length(X) && !is.null(names(X))) {
    X <- as.data.frame(X, optional = TRUE, stringsAsFactors = FALSE)
  }
  if (!is.data.frame(X)) {
    refuse(
      "invalid_input", sprintf("An object of class %s is not a table.", class(X)[1]),
      "Give a data.frame, a matrix, a named list of columns, or the path of a .csv file."
    )
  }
  if (prepare_columns) X <- prepared_frame(as.data.frame(X), model_inputs(name, version)$name)
  moments <- vapply(X, inherits, NA, what = "POSIXt")
  table_of(as.data.frame(X), if (any(moments)) clockless(name, version) else character())
}

# A matrix without column names has the model's columns, in their order.
matrix_frame <- function(name, X, version) {
  if (is.null(colnames(X))) {
    inputs <- model_inputs(name, version)$name
    if (length(inputs) != ncol(X)) {
      refuse(
        "invalid_input", sprintf("The matrix has %d columns; the model takes %d.", ncol(X), length(inputs)),
        sprintf("Give these columns, in this order: %s.", paste(inputs, collapse = ", "))
      )
    }
    colnames(X) <- inputs
  }
  as.data.frame(X, optional = TRUE, stringsAsFactors = FALSE)
}

# R's times are instants, always; the names of the model's columns that are not.
clockless <- function(name, version) {
  fields <- model_document(name, version)$inputs
  named <- Filter(function(field) field$type == "timestamp" && is.null(field$zone), fields)
  vapply(named, `[[`, "", "name")
}

# One column of exact predictions as a vector or factor; several, and probabilities, as a data.frame.
shown_prediction <- function(answer, type) {
  frame <- frame_of(answer)
  if (type == "exact" && ncol(frame) == 1) frame[[1]] else frame
}
