"""Libraries of the system that R packages ask for, and the Debian packages that have them (pure).

What a package declares in SystemRequirements is free text; the patterns are for the words that are used there.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

# Requirements that every base with compilers meets, or that are of no use to a prediction.
_MET = re.compile(
    r"(?:a )?c\+\+ ?\d*\w*|gnu make|gmake|optionally.*|pandoc.*|none|fortran(?: ?\d+)?|c(?:99|11|17)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class SystemLibrary:
    """`declared` finds the library in SystemRequirements, `header` in the name of a C header that was missed."""

    package: str
    declared: re.Pattern[str]
    header: re.Pattern[str]


def _library(package: str, declared: str, header: str) -> SystemLibrary:
    return SystemLibrary(package, re.compile(declared, re.IGNORECASE), re.compile(header))


LIBRARIES: tuple[SystemLibrary, ...] = (
    _library("libxml2-dev", r"\blibxml-?2\b", r"libxml/"),
    _library("libcurl4-openssl-dev", r"\blibcurl\b", r"curl/"),
    _library("libssl-dev", r"(?<![\w-])openssl\b", r"openssl/"),
    _library("libgit2-dev", r"\blibgit2\b", r"git2\.h"),
    _library("libssh2-1-dev", r"\blibssh2\b", r"libssh2\.h"),
    _library("libsodium-dev", r"\blibsodium\b", r"sodium\.h"),
    _library("zlib1g-dev", r"\bzlib\b", r"zlib\.h"),
    _library("libbz2-dev", r"\b(?:lib)?bz(?:ip)?2\b", r"bzlib\.h"),
    _library("liblzma-dev", r"\b(?:liblzma|xz)\b", r"lzma\.h"),
    _library("libicu-dev", r"\b(?:icu4c|libicu)\b", r"unicode/"),
    _library("libuv1-dev", r"\blibuv\b", r"uv\.h"),
    _library("libprotobuf-dev", r"\bprotobuf\b", r"google/protobuf/"),
    _library("protobuf-compiler", r"\bprotoc\b|\bprotobuf\b", r"(?!)"),
    _library("libgmp-dev", r"\bgmp\b", r"gmp\.h"),
    _library("libmpfr-dev", r"\bmpfr\b", r"mpfr\.h"),
    _library("libgsl-dev", r"\bgsl\b|gnu scientific library", r"gsl/"),
    _library("libfftw3-dev", r"\bfftw3?\b", r"fftw3\.h"),
    _library("libglpk-dev", r"\bglpk\b", r"glpk\.h"),
    _library("libnlopt-dev", r"\bnlopt\b", r"nlopt\.h"),
    _library("libgdal-dev", r"\bgdal\b", r"gdal"),
    _library("libgeos-dev", r"\bgeos\b", r"geos"),
    _library("libproj-dev", r"\bproj\b", r"proj(?:_api)?\.h"),
    _library("libudunits2-dev", r"\budunits-?2?\b", r"udunits2\.h"),
    _library("libnetcdf-dev", r"\bnetcdf\b", r"netcdf\.h"),
    _library("libhdf5-dev", r"\bhdf5\b", r"hdf5\.h"),
    _library("libsqlite3-dev", r"\bsqlite3?\b", r"sqlite3\.h"),
    _library("libpq-dev", r"\b(?:libpq|postgresql)\b", r"libpq-fe\.h"),
    _library("libmariadb-dev", r"\b(?:mariadb|mysql)\b", r"mysql\.h"),
    _library("unixodbc-dev", r"\bunixodbc\b|\bodbc\b", r"sql(?:ext)?\.h"),
    _library("libfontconfig-dev", r"\bfontconfig\b", r"fontconfig/"),
    _library("libfreetype-dev", r"\bfreetype2?\b", r"ft2build\.h"),
    _library("libharfbuzz-dev", r"\bharfbuzz\b", r"hb\.h"),
    _library("libfribidi-dev", r"\bfribidi\b", r"fribidi"),
    _library("libcairo2-dev", r"\bcairo\b", r"cairo"),
    _library("libpng-dev", r"\blibpng\b", r"png\.h"),
    _library("libjpeg-dev", r"\blibjpeg\b|\bjpeg\b", r"jpeglib\.h"),
    _library("libtiff-dev", r"\blibtiff\b", r"tiff"),
    _library("libmagick++-dev", r"\bimagemagick\b", r"Magick"),
    _library("libpoppler-cpp-dev", r"\bpoppler\b", r"poppler"),
    _library("libglu1-mesa-dev", r"\bopengl\b|\bglu\b", r"GL/"),
    _library("libzmq3-dev", r"\bzeromq\b|\blibzmq\b", r"zmq\.h"),
    _library("libmpi-dev", r"\bopenmpi\b|\bmpich\b|\blam/mpi\b", r"mpi\.h"),
    _library("jags", r"\bjags\b", r"Console\.h"),
    _library("cmake", r"\bcmake\b", r"(?!)"),
    _library("cargo", r"\bcargo\b|\brustc?\b", r"(?!)"),
)


def is_met(system_requirements: str) -> bool:
    """True when nothing beyond a compiler is asked for."""
    parts = (part.strip() for part in re.split(r"[,;]", re.sub(r"\([^()]{0,200}\)", "", system_requirements)))
    return all(not part or _MET.fullmatch(part) for part in parts)


def wanted_packages(system_requirements: Iterable[str]) -> list[str]:
    """Debian packages for what the texts ask for, sorted."""
    texts = [text for text in system_requirements if not is_met(text)]
    return sorted({each.package for each in LIBRARIES for text in texts if each.declared.search(text)})


def package_with_header(header: str) -> str | None:
    """The Debian package that has a C header such as `libxml/parser.h`, where it is known."""
    return next((each.package for each in LIBRARIES if each.header.match(header)), None)


def package_with_library(name: str) -> str | None:
    """The Debian package for what a linker calls `-lxml2`, where it is known."""
    found = re.compile(rf"lib{re.escape(name)}[0-9.-]*(?:-\w+)?-dev|{re.escape(name)}[0-9]*g?-dev")
    return next((each.package for each in LIBRARIES if found.fullmatch(each.package)), None)
