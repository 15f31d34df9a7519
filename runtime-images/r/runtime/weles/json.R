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
  found <- gregexpr(JSON_TOKEN, text, perl = TRUE)
  if (any(grepl("[^ \t\r\n]", regmatches(text, found, invert = TRUE)[[1]]))) stop("not JSON")
  tokens <- regmatches(text, found)[[1]]
  kinds <- c(substr(tokens, 1, 1), "end")
  values <- json_values(tokens, kinds[seq_along(tokens)])
  at <- 0L
  value <- function() {
    at <<- at + 1L
    switch(kinds[at],
      "{" = object(), "[" = array(),
      "}" = , "]" = , ":" = , "," = stop(sprintf("not JSON: an unexpected %s", kinds[at])),
      end = stop("not JSON: it ends too early"),
      values[[at]]
    )
  }
  # Past the next token, if it is this one.
  passes <- function(kind) {
    is_next <- kinds[at + 1L] == kind
    if (is_next) at <<- at + 1L
    is_next
  }
  demand <- function(kind) if (!passes(kind)) stop(sprintf("not JSON: no %s", kind))
  array <- function() {
    found <- list()
    if (passes("]")) {
      return(found)
    }
    repeat {
      found[length(found) + 1L] <- list(value())
      if (!passes(",")) break
    }
    demand("]")
    found
  }
  object <- function() {
    found <- structure(list(), names = character())
    if (passes("}")) {
      return(found)
    }
    repeat {
      if (!passes("\"")) stop("not JSON: a name that is no text")
      name <- values[[at]]
      demand(":")
      found[name] <- list(value())
      if (!passes(",")) break
    }
    demand("}")
    found
  }
  result <- value()
  if (at != length(tokens)) stop("not JSON: more than one value")
  result
}

# The value of each token that is one by itself; NULL for the others. `kinds`: their first characters.
json_values <- function(tokens, kinds) {
  values <- vector("list", length(tokens))
  values[kinds == "t"] <- TRUE
  values[kinds == "f"] <- FALSE
  texts <- kinds == "\""
  values[texts] <- json_unquote(tokens[texts])
  numbers <- kinds %in% c("-", 0:9)
  values[numbers] <- as.numeric(tokens[numbers])
  values
}

JSON_ESCAPES <- c("\"" = "\"", "\\" = "\\", "/" = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t")

json_unquote <- function(tokens) {
  inner <- substr(tokens, 2, nchar(tokens) - 1L)
  odd <- grepl("\\", inner, fixed = TRUE)
  if (any(odd)) {
    pattern <- "\\\\u[dD][89abAB][0-9a-fA-F]{2}\\\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\\\u[0-9a-fA-F]{4}|\\\\."
    found <- gregexpr(pattern, inner[odd], perl = TRUE)
    regmatches(inner[odd], found) <- lapply(regmatches(inner[odd], found), vapply, json_unescape, "")
  }
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
