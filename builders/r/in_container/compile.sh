#!/bin/sh
# Compile R packages from source, each once, into binary packages. No network.
#
# in/plan has a name and a version per line, what is needed before what needs it; in/NAME_VERSION.tar.gz are their
# sources, in/NAME_VERSION_R_PLATFORM.tar.gz binary packages that they need and that are there already.
# The binaries come to be in out/. Standard output has a line `weles-compiling NAME` for each, standard error the log.
set -eu

input=/weles-work/in
library=/weles-work/library
cd /weles-work/out
mkdir "$library"
for file in "$input"/*_R_*.tar.gz; do
    [ ! -e "$file" ] || tar -xzf "$file" -C "$library"
done

# Debian's R makes errors of warnings that old packages have, and adds debugging symbols of many megabytes.
flags=-O2\ -fPIC\ -fstack-protector-strong
for variable in CFLAGS C90FLAGS C99FLAGS C11FLAGS C17FLAGS C23FLAGS CXXFLAGS CXX98FLAGS CXX11FLAGS CXX14FLAGS \
    CXX17FLAGS CXX20FLAGS CXX23FLAGS FFLAGS FCFLAGS; do
    echo "$variable = $flags"
done >/weles-work/Makevars
export R_MAKEVARS_USER=/weles-work/Makevars R_LIBS="$library" MAKEFLAGS="-j$(nproc)"

while read -r name version; do
    echo "weles-compiling $name"
    if ! R CMD INSTALL --build --no-docs --library="$library" "$input/${name}_$version.tar.gz" >&2; then
        echo "failed to compile R package \`$name==$version\`" >&2
        exit 1
    fi
done <"$input/plan"
