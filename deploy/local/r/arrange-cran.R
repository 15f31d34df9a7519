# Tarballs of Debian's source packages -> a repository in the form of CRAN, in /tmp/cran.
contrib <- "/tmp/cran/src/contrib"
dir.create(contrib, recursive = TRUE)
versions <- list()
for (tarball in Sys.glob("/tmp/*/tarballs/*.orig.tar.*")) {
    folder <- tempfile("source")
    dir.create(folder)
    stopifnot(system2("tar", c("-xf", shQuote(tarball), "-C", folder, "--no-same-owner")) == 0)
    description <- read.dcf(file.path(folder, dir(folder), "DESCRIPTION"), fields = c("Package", "Version"))
    name <- description[[1, "Package"]]
    version <- description[[1, "Version"]]
    file.rename(file.path(folder, dir(folder)), file.path(folder, name))
    file <- sprintf("%s_%s.tar.gz", name, version)
    # The same bytes at every run: hashes are locked.
    options <- c("--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner")
    command <- sprintf("tar %s -C %s -cf - %s | gzip -n > %s", paste(options, collapse = " "), folder, name,
        file.path(contrib, file))
    stopifnot(system(command) == 0)
    versions[[name]] <- unique(c(versions[[name]], version))
}
archive <- list()
for (name in names(versions)) {
    ordered <- versions[[name]][order(package_version(versions[[name]]))]
    for (version in head(ordered, -1)) {
        folder <- file.path(contrib, "Archive", name)
        dir.create(folder, recursive = TRUE, showWarnings = FALSE)
        file <- sprintf("%s_%s.tar.gz", name, version)
        stopifnot(file.rename(file.path(contrib, file), file.path(folder, file)))
        archive[[name]] <- c(archive[[name]], file.path(name, file))
    }
}
dir.create(file.path(contrib, "Meta"))
facts <- lapply(archive, function(paths) file.info(file.path(contrib, "Archive", paths), extra_cols = FALSE))
facts <- Map(function(info, paths) { rownames(info) <- paths; info }, facts, archive)
saveRDS(facts, file.path(contrib, "Meta", "archive.rds"))
tools::write_PACKAGES(contrib, type = "source", latestOnly = FALSE)
print(list.files(contrib, recursive = TRUE))
