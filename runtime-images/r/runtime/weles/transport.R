# Questions and answers over two FIFOs, in packets (see CONTRACT.md): one client at a time, in its turn.
#
# Both are open for reading and writing here: so there is no end of file and no SIGPIPE when a client goes away.

PACKET <- 4096L
NONCE <- 16L
HEAD <- 20L
NONCES <- seq_len(NONCE)
LENGTHS <- (NONCE + 1L):HEAD
PAYLOAD <- PACKET - HEAD
MOST_AT_ONCE <- 256L * PACKET

# Make the runtime ready, and answer for ever. `answer`: bytes of a question's frame -> bytes of the answer's.
serve <- function(run_dir, largest, answer) {
  request <- fifo(file.path(run_dir, "request"), "w+b", blocking = TRUE)
  answers <- fifo(file.path(run_dir, "answer"), "w+b", blocking = TRUE)
  ready <- file.path(run_dir, "ready")
  file.create(paste0(ready, ".new"))
  file.rename(paste0(ready, ".new"), ready)
  note_use <- use_noter(file.path(run_dir, "used"))
  repeat {
    question <- receive(request, largest)
    is_use <- FALSE
    on_use <- function() {
      is_use <<- TRUE
      note_use()
    }
    given <- if (question$too_large) {
      refusal("invalid_request", sprintf("a frame of more than %.0f bytes", largest))
    } else {
      answer(question$bytes, on_use)
    }
    if (is_use) note_use()
    send(answers, question$nonce, given)
  }
}

# A function that touches the file, but not again at once: the contract leaves it a second.
use_noter <- function(path) {
  noted <- -Inf
  function() {
    now <- proc.time()[[3L]]
    # The clock may have been set back.
    if (abs(now - noted) < 0.5) {
      return(invisible())
    }
    noted <<- now
    if (!Sys.setFileTime(path, Sys.time())) file.create(path)
  }
}

# The next whole frame: list(nonce, too_large, bytes). What a client that died left unfinished is passed over.
receive <- function(connection, largest) {
  nonce <- NULL
  at_once <- PACKET
  repeat {
    packets <- readBin(connection, "raw", at_once)
    if (!length(packets)) next
    first <- newest(packets)
    from <- packets[length(packets) - PACKET + NONCES]
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
  if (length(packets) == PACKET) {
    return(1L)
  }
  nonces <- in_columns(packets)[NONCES, , drop = FALSE]
  other <- which(colSums(nonces != nonces[, ncol(nonces)]) > 0)
  if (length(other)) max(other) + 1L else 1L
}

# What the packets carry, from the first one that counts; every packet of a frame but its last is full.
payload_of <- function(packets, first) {
  if (length(packets) == PACKET) {
    return(packets[HEAD + seq_len(unsigned(packets[LENGTHS]))])
  }
  packets <- in_columns(packets)
  wanted <- first:ncol(packets)
  lengths <- apply(packets[LENGTHS, wanted, drop = FALSE], 2L, unsigned)
  as.vector(packets[-seq_len(HEAD), wanted])[seq_len(sum(lengths))]
}

send <- function(connection, nonce, bytes) {
  count <- (length(bytes) - 1L) %/% PAYLOAD + 1L
  missing <- raw(PAYLOAD * count - length(bytes))
  packets <- if (count == 1L) {
    c(nonce, integer_bytes(length(bytes), 4L), bytes, missing)
  } else {
    lengths <- c(rep.int(PAYLOAD, count - 1L), PAYLOAD - length(missing))
    heads <- rbind(matrix(nonce, NONCE, count), vapply(lengths, integer_bytes, raw(4), 4L))
    as.vector(rbind(heads, matrix(c(bytes, missing), PAYLOAD, count)))
  }
  writeBin(packets, connection)
}

in_columns <- function(packets) {
  dim(packets) <- c(PACKET, length(packets) %/% PACKET)
  packets
}

refusal <- function(kind, message) {
  frame_of(c(ok = "false", error = error_document(kind, simpleError(message))))
}
