# Pinned packages -> every package that is needed, each with its source file. Base R (>= 3.5) only.
#
# Runs as `Rscript --vanilla resolve.R`. in/pins.tsv has a name and a version per line; WELES_CRAN the repositories.
# Every source file comes to be at out/NAME_VERSION.tar.gz, and standard output has a line of tab-separated fields for
# it: weles-package, name, version, address, needs, links (names with a space between), system requirements.
# Standard error says what went wrong. Exit code 0 when everything was found, 1 otherwise.

input <- "/weles-work/in"
output <- "/weles-work/out"
options(timeout = 300, warn = 1)
TRIES <- 30L

fail <- function(...) {
    writeLines(paste0(...), stderr())
    quit("no", status = 1L)
}

repositories <- function() {
    given <- strsplit(trimws(Sys.getenv("WELES_CRAN")), "[[:space:]]+")[[1L]]
    given <- given[nzchar(given)]
    if (!length(given)) given <- setdiff(unlist(getOption("repos")), "@CRAN@")
    if (!length(given)) given <- utils::read.csv(file.path(R.home("doc"), "CRAN_mirrors.csv"))$URL[1L]
    given <- ifelse(startsWith(given, "/"), paste0("file://", given), given)
    paste0(sub("/+$", "", given), "/src/contrib")
}

# What `expression` gives, or NULL; what it complained of is then in attempt_said.
attempt_said <- character()
attempt <- function(expression) {
    said <- character()
    result <- tryCatch(
        withCallingHandlers(expression, warning = function(w) {
            said <<- c(said, conditionMessage(w))
            invokeRestart("muffleWarning")
        }),
        error = function(e) {
            said <<- c(said, conditionMessage(e))
            NULL
        }
    )
    attempt_said <<- said
    result
}

is_absence <- function(said) {
    any(grepl("404|410 Gone|No such file|cannot open file|does not exist|non-existent", said))
}

# TRUE when the address was there and is now at `target`; FALSE when it is not there. Anything else ends the program.
download <- function(url, target, label) {
    for (try in 1:3) {
        code <- attempt(utils::download.file(url, target, quiet = TRUE, mode = "wb"))
        if (identical(as.integer(code), 0L) && file.exists(target)) return(TRUE)
        unlink(target)
        if (is_absence(attempt_said)) return(FALSE)
        Sys.sleep(try)
    }
    fail("failed to download `", label, "`: ", paste(attempt_said, collapse = "; "))
}

read_index <- function(contrib) {
    found <- attempt(utils::available.packages(contriburl = contrib, filters = list(), ignore_repo_cache = TRUE))
    if (is.null(found) || (nrow(found) == 0L && length(attempt_said))) {
        fail("failed to fetch the index of a repository: ", paste(attempt_said, collapse = "; "))
    }
    data.frame(
        name = found[, "Package"], version = found[, "Version"], depends = found[, "Depends"],
        contrib = found[, "Repository"], stringsAsFactors = FALSE, row.names = NULL
    )
}

older_versions <- function(name, contrib) {
    folder <- paste0(contrib, "/Archive/", name)
    page <- if (startsWith(folder, "file://")) {
        list.files(utils::URLdecode(sub("^file://", "", folder)))
    } else {
        listing <- tempfile("listing")
        if (download(paste0(folder, "/"), listing, folder)) readLines(listing, warn = FALSE) else character()
    }
    pattern <- paste0(gsub(".", "[.]", name, fixed = TRUE), "_([0-9][0-9.-]*)[.]tar[.]gz")
    found <- regmatches(page, regexpr(pattern, page))
    unique(sub("[.]tar[.]gz$", "", substring(found, nchar(name) + 2L)))
}

newest_first <- function(versions) versions[order(package_version(versions), decreasing = TRUE)]

known_versions <- function(name) {
    versions <- c(index$version[index$name == name], unlist(lapply(contribs, function(each) older_versions(name, each))))
    newest_first(unique(versions))
}

# "a, R (>= 3.5), b (>= 1.2-3)" -> one row per requirement.
requirements <- function(text) {
    parts <- trimws(strsplit(if (length(text) && !is.na(text)) text else "", ",")[[1L]])
    parts <- parts[nzchar(parts)]
    pattern <- "^([A-Za-z][A-Za-z0-9.]*)[[:space:]]*([(][[:space:]]*([<>=!]+)[[:space:]]*([0-9][0-9.-]*)[[:space:]]*[)])?.*$"
    parts <- parts[grepl(pattern, parts)]
    data.frame(
        name = sub(pattern, "\\1", parts), operator = sub(pattern, "\\3", parts), version = sub(pattern, "\\4", parts),
        stringsAsFactors = FALSE
    )
}

satisfies <- function(version, operator, wanted) {
    operator == "" || get(operator)(utils::compareVersion(version, wanted), 0L)
}

describe_requirement <- function(need) if (need$operator == "") "" else sprintf(" (%s %s)", need$operator, need$version)

source_file <- function(name, version) file.path(output, sprintf("%s_%s.tar.gz", name, version))

# Address of a package's source, which is then in the folder of files; NULL when no repository has it.
obtain <- function(name, version) {
    file <- basename(source_file(name, version))
    current <- index$contrib[index$name == name & index$version == version]
    for (url in c(if (length(current)) paste0(current, "/", file), paste0(contribs, "/Archive/", name, "/", file))) {
        if (download(url, source_file(name, version), paste0(name, "==", version))) return(url)
    }
    NULL
}

read_description <- function(name, version) {
    folder <- tempfile("description")
    member <- file.path(name, "DESCRIPTION")
    attempt(utils::untar(source_file(name, version), files = member, exdir = folder))
    fields <- c("Package", "Version", "Depends", "Imports", "LinkingTo", "SystemRequirements")
    read <- attempt(read.dcf(file.path(folder, member), fields = fields)[1L, ])
    if (is.null(read) || !identical(unname(read["Package"]), name)) {
        fail(name, "==", version, " is not the source of an R package")
    }
    as.list(read)
}

r_problem <- function(needs) {
    needs <- needs[needs$name == "R", ]
    for (row in seq_len(nrow(needs))) {
        if (!satisfies(as.character(getRversion()), needs$operator[row], needs$version[row])) {
            return(sprintf("%s %s", needs$operator[row], needs$version[row]))
        }
    }
    NULL
}

# Lock a package at a version: its source is fetched and what it needs is read from it. FALSE when there is none.
lock <- function(name, version) {
    url <- obtain(name, version)
    if (is.null(url)) return(FALSE)
    description <- read_description(name, version)
    needs <- requirements(paste(stats::na.omit(unlist(description[c("Depends", "Imports", "LinkingTo")])), collapse = ","))
    links <- requirements(description$LinkingTo)$name
    locked[[name]] <<- list(
        version = version, url = url, needs = needs, links = links, system = description$SystemRequirements
    )
    TRUE
}

wanted_by <- function(name) {
    found <- list()
    for (other in names(locked)) {
        needs <- locked[[other]]$needs
        for (row in which(needs$name == name)) {
            found[[length(found) + 1L]] <- c(as.list(needs[row, ]), by = paste(other, locked[[other]]$version))
        }
    }
    found
}

# The newest version that suits everybody who needs it and this R.
lock_dependency <- function(name) {
    wanted <- wanted_by(name)
    suits <- function(version) all(vapply(wanted, function(w) satisfies(version, w$operator, w$version), NA))
    if (name %in% names(interpreter) && suits(interpreter[[name]])) return(TRUE)
    versions <- Filter(suits, known_versions(name))
    for (version in utils::head(versions, TRIES)) {
        listed <- index$depends[index$name == name & index$version == version]
        if (length(listed) && !is.null(r_problem(requirements(listed[1L])))) next
        if (!lock(name, version)) next
        if (is.null(r_problem(locked[[name]]$needs))) return(TRUE)
        unlink(source_file(name, version))
        locked[[name]] <<- NULL
    }
    need <- wanted[[1L]]
    fail(
        need$by, " needs ", name, describe_requirement(need), ", and no version of it that fits R ", getRversion(),
        " is in the repositories"
    )
}

missing_version <- function(name, version) {
    versions <- known_versions(name)
    if (!length(versions)) fail("there is no package ", name, " in the R repositories")
    not_newer <- versions[vapply(versions, function(each) utils::compareVersion(each, version) <= 0L, NA)]
    nearest <- c(not_newer, versions[length(versions)])[1L]
    fail(
        "there is no version of R package ", name, "==", version, " in the R repositories; nearest ", nearest,
        ", newest ", versions[1L]
    )
}

contribs <- repositories()
index <- do.call(rbind, lapply(contribs, read_index))
installed <- utils::installed.packages(lib.loc = .Library)
interpreter <- as.list(installed[, "Version"])
names(interpreter) <- installed[, "Package"]
locked <- list()
told <- character()

tell <- function() {
    for (name in setdiff(names(locked), told)) {
        package <- locked[[name]]
        system <- if (is.na(package$system)) "" else gsub("[[:space:]]+", " ", package$system)
        needs <- setdiff(package$needs$name, "R")
        fields <- c(
            "weles-package", name, package$version, package$url, paste(needs, collapse = " "),
            paste(unique(package$links), collapse = " "), system
        )
        writeLines(paste(fields, collapse = "\t"))
        told <<- c(told, name)
    }
}

table <- utils::read.delim(file.path(input, "pins.tsv"), header = FALSE, colClasses = "character", quote = "")
pins <- stats::setNames(as.list(table$V2), table$V1)
for (name in names(pins)) {
    if (!lock(name, pins[[name]])) missing_version(name, pins[[name]])
    problem <- r_problem(locked[[name]]$needs)
    if (!is.null(problem)) {
        fail("R package ", name, "==", pins[[name]], " needs R ", problem, ", and this is R ", getRversion())
    }
    tell()
}
repeat {
    needed <- unique(unlist(lapply(locked, function(package) package$needs$name)))
    open <- setdiff(needed, c("R", names(locked)))
    open <- open[!vapply(open, function(name) {
        name %in% names(interpreter) &&
            all(vapply(wanted_by(name), function(w) satisfies(interpreter[[name]], w$operator, w$version), NA))
    }, NA)]
    if (!length(open)) break
    lock_dependency(open[1L])
    tell()
}
for (name in names(locked)) {
    for (need in wanted_by(name)) {
        if (!satisfies(locked[[name]]$version, need$operator, need$version)) {
            fail(
                need$by, " needs ", name, describe_requirement(need), ", but ", name, "==", locked[[name]]$version,
                " is pinned"
            )
        }
    }
}
