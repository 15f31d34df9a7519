#' Client of the Weles model lake
#'
#' Upload a model with [model_upload()], wait for it with [model_status()], call anyone's with
#' [model_predict()]. [weles_connect()] names the lake. Every error is a condition of class
#' `weles_error`; see [weles_conditions].
#'
#' @keywords internal
"_PACKAGE"
