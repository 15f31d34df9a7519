# Questions and answers over two FIFOs, in packets (see CONTRACT.md): one client at a time, in its turn.
#
# Both are open for reading and writing here: so there is no end of file and no SIGPIPE when a client goes away.

PACKET <- 4096L
NONCE <- 16L
HEAD <- 20L
PAYLOAD <- PACKET - HEAD
MOST_AT_ONCE <- 256L * PACKET

# Make the runtime ready, and answer for ever. `answer`: bytes of a question's frame -> bytes of the answer's.
serve <- function(run_dir, largest, answer) {
  request <- fifo(file.path(run_dir, "request"), "w+b", blocking = TRUE)
  answers <- fifo(file.path(run_dir, "answer"), "w+b", blocking = TRUE)
  ready <- file.path(run_dir, "ready")
  file.create(paste0(ready, ".new"))
  file.rename(paste0(ready, ".new"), ready)
  used <- file.path(run_dir, "used")
  repeat {
    question <- receive(request, largest)
    is_use <- TRUE
    note_use <- function() if (is_use && !Sys.setFileTime(used, Sys.time())) file.create(used)
    given <- if (question$too_large) {
      refusal("invalid_request", sprintf("a frame of more than %.0f bytes", largest))
    } else {
      answer(question$bytes, on_use = note_use, not_use = function() is_use <<- FALSE)
    }
    send(answers, question$nonce, given)
    note_use()
  }
}

# The next whole frame: list(nonce, too_large, bytes). What a client that died left unfinished is passed over.
receive <- function(connection, largest) {
  nonce <- NULL
  at_once <- PACKET
  repeat {
    packets <- readBin(connection, "raw", at_once)
    if (!length(packets)) next
    dim(packets) <- c(PACKET, length(packets) %/% PACKET)
    first <- newest(packets)
    from <- packets[seq_len(NONCE), ncol(packets)]
    if (first > 1L || !identical(from, nonce)) {
      nonce <- from
      parts <- list()
      have <- 0
      need <- PREFIX_BYTES
    }
    payload <- payload_of(packets, first)
    if (have == 0) need <- PREFIX_BYTES + sum(read_prefix(payload))
    have <- have + length(payload)
    too_large <- need - PREFIX_BYTES > largest
    if (!too_large) parts[[length(parts) + 1L]] <- payload
    if (have >= need) {
      return(list(nonce = nonce, too_large = too_large, bytes = do.call(c, parts)))
    }
    at_once <- MOST_AT_ONCE
  }
}

# The first of the last packets that belong together.
newest <- function(packets) {
  if (ncol(packets) == 1L) {
    return(1L)
  }
  nonces <- packets[seq_len(NONCE), , drop = FALSE]
  other <- which(colSums(nonces != nonces[, ncol(nonces)]) > 0)
  if (length(other)) max(other) + 1L else 1L
}

payload_of <- function(packets, first) {
  lengths <- as.integer(packets[NONCE + 1L, ]) + 256L * as.integer(packets[NONCE + 2L, ])
  # Every packet of a frame but its last is full.
  as.vector(packets[-seq_len(HEAD), first:ncol(packets)])[seq_len(sum(lengths[first:ncol(packets)]))]
}

send <- function(connection, nonce, bytes) {
  count <- (length(bytes) - 1L) %/% PAYLOAD + 1L
  packets <- matrix(raw(), PACKET, count)
  packets[seq_len(NONCE), ] <- nonce
  lengths <- c(rep.int(PAYLOAD, count - 1L), length(bytes) - PAYLOAD * (count - 1L))
  packets[NONCE + 1L, ] <- as.raw(lengths %% 256L)
  packets[NONCE + 2L, ] <- as.raw(lengths %/% 256L)
  packets[-seq_len(HEAD), ] <- c(bytes, raw(PAYLOAD * count - length(bytes)))
  writeBin(as.vector(packets), connection)
}

refusal <- function(kind, message) {
  frame_of(c(ok = "false", error = error_document(kind, simpleError(message))))
}
