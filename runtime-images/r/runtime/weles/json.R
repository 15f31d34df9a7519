# JSON, as far as the contract's headers need it. Base R has none.

JSON_TOKEN <- paste0(
  "\"[^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+\"|[][{}:,]|true|false|null|",
  "-?[0-9]+(?:[.][0-9]+)?(?:[eE][+-]?[0-9]+)?"
)

# The value of a raw vector of UTF-8 JSON: objects are named lists, arrays lists, numbers doubles, null NULL.
parse_json <- function(bytes) {
  text <- rawToChar(bytes)
  Encoding(text) <- "UTF-8"
  if (!validUTF8(text)) stop("not UTF-8")
  if (grepl("[^ \t\r\n]", gsub(JSON_TOKEN, "", text, perl = TRUE))) stop("not JSON")
  tokens <- regmatches(text, gregexpr(JSON_TOKEN, text, perl = TRUE))[[1]]
  at <- 0L
  take <- function() {
    if (at >= length(tokens)) stop("not JSON: it ends too early")
    at <<- at + 1L
    tokens[[at]]
  }
  is_next <- function(token) at < length(tokens) && tokens[[at + 1L]] == token
  demand <- function(token) if (take() != token) stop(sprintf("not JSON: no %s", token))
  value <- function() {
    token <- take()
    switch(substr(token, 1, 1),
      "{" = object(), "[" = array(), "\"" = json_unquote(token), t = TRUE, f = FALSE, n = NULL,
      "}" = , "]" = , ":" = , "," = stop(sprintf("not JSON: an unexpected %s", token)),
      as.numeric(token)
    )
  }
  array <- function() {
    found <- list()
    if (is_next("]")) {
      take()
      return(found)
    }
    repeat {
      found[length(found) + 1L] <- list(value())
      if (!is_next(",")) break
      take()
    }
    demand("]")
    found
  }
  object <- function() {
    found <- structure(list(), names = character())
    if (is_next("}")) {
      take()
      return(found)
    }
    repeat {
      name <- take()
      if (substr(name, 1, 1) != "\"") stop("not JSON: a name that is no text")
      demand(":")
      found[json_unquote(name)] <- list(value())
      if (!is_next(",")) break
      take()
    }
    demand("}")
    found
  }
  result <- value()
  if (at != length(tokens)) stop("not JSON: more than one value")
  result
}

JSON_ESCAPES <- c("\"" = "\"", "\\" = "\\", "/" = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t")

json_unquote <- function(token) {
  inner <- substr(token, 2, nchar(token) - 1L)
  if (!grepl("\\", inner, fixed = TRUE)) {
    return(inner)
  }
  pattern <- "\\\\u[dD][89abAB][0-9a-fA-F]{2}\\\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\\\u[0-9a-fA-F]{4}|\\\\."
  found <- gregexpr(pattern, inner, perl = TRUE)
  regmatches(inner, found) <- list(vapply(regmatches(inner, found)[[1]], json_unescape, ""))
  inner
}

json_unescape <- function(escape) {
  if (substr(escape, 2, 2) != "u") {
    plain <- JSON_ESCAPES[substr(escape, 2, 2)]
    if (is.na(plain)) stop("not JSON: an unknown escape")
    return(plain)
  }
  units <- strtoi(substring(escape, c(3, 9), c(6, 12))[seq_len(nchar(escape) %/% 6L)], 16L)
  if (length(units) == 2) units <- 65536L + (units[1] - 55296L) * 1024L + (units[2] - 56320L)
  if (units == 0L || (units >= 55296L && units <= 57343L)) stop("not JSON for R: a character that R cannot hold")
  intToUtf8(units)
}

# JSON of each text. Not vectors of vectors: json_array() and json_object() put values together.
json_text <- function(texts) {
  if (!length(texts)) return(character())
  texts <- clean_text(texts)
  odd <- grep("[\"\\\\[:cntrl:]]", texts)
  if (length(odd)) texts[odd] <- json_escape(texts[odd])
  paste0("\"", texts, "\"")
}

json_escape <- function(texts) {
  texts <- gsub("\\", "\\\\", texts, fixed = TRUE)
  texts <- gsub("\"", "\\\"", texts, fixed = TRUE)
  for (code in c(1:31, 127)) {
    texts <- gsub(intToUtf8(code), sprintf("\\u%04x", code), texts, fixed = TRUE)
  }
  texts
}

json_array <- function(values) paste0("[", paste(values, collapse = ","), "]")

# `values`: JSON texts, by name.
json_object <- function(values) {
  paste0("{", paste0(json_text(names(values)), ":", values, collapse = ","), "}")
}

# UTF-8 that is valid, whatever it was.
clean_text <- function(texts) {
  texts <- enc2utf8(as.character(texts))
  wrong <- !validUTF8(texts)
  if (any(wrong)) texts[wrong] <- iconv(texts[wrong], "UTF-8", "UTF-8", sub = "byte")
  texts
}
