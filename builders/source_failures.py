"""Why a package that is only to be had as source cannot be made (pure).

Each row is tried, from top to bottom, on a log that says which package failed to build.
"""

from builders.patterns import Pattern, pattern

_OTHER_VERSION = "Choose a version of {package} that has a wheel for Linux and this Python version."

# What fails without compilers, and may not with them.
COMPILERS_MAY_HELP = frozenset({"no-compiler", "missing-program", "missing-header", "no-fortran", "compile-failed"})

WHY_SOURCES_FAIL: tuple[Pattern, ...] = (
    pattern(
        "out-of-memory",
        r"killed signal terminated program|signal: 9[ ,(]{1,2}sigkill|virtual memory exhausted|^MemoryError\b"
        r"|cannot allocate memory|\bout of memory",
        "{package} {version} is only to be had as source here, and compiling it takes more memory than there is.",
        f"{_OTHER_VERSION} The lake's operator can compile it elsewhere, and offer the wheel in a find-links folder.",
    ),
    pattern(
        "placeholder",
        r"has been removed! please install|pypi package is deprecated|this is a placeholder|do not install this"
        r"|package is deprecated, use|is just a stub|you (?:are trying to|should not) install",
        "{package} {version} is an empty package that refuses to be installed.",
        "The line in the log says what to install instead of {package}.",
    ),
    pattern(
        "python-2",
        r"use_2to3 is invalid|missing parentheses in call to 'print'|is not supported on python 3"
        r"|no module named '?(?:configparser|urllib2|__builtin__|commands|StringIO)'?\s*$",
        "{package} {version} is of the days of Python 2, and can no longer be installed.",
        "Choose a newer version of {package}; this one works on no Python that the lake has.",
    ),
    pattern(
        "cython-3",
        r"has no attribute 'cython_sources'|cython\.compiler\.errors\.compileerror|cython: .*(?:noexcept|\.pyx:\d)"
        r"|^\S+\.pyx:\d+:\d+: ",
        "{package} {version} is only to be had as source here, and was written for a Cython before version 3.",
        _OTHER_VERSION,
    ),
    pattern(
        "too-new-python",
        r"no module named '(?:distutils|imp|asyncore|asynchat)[.\w]*'|'pkgutil' has no attribute 'impimporter'"
        r"|longintrepr\.h: no such file|has no member named .(?:tp_print|use_tracing|exc_type|ob_digit|recursion_depth)"
        r"|'configparser' has no attribute 'readfp'|has no attribute 'SafeConfigParser'"
        r"|too (?:few|many) arguments to function .(?:PyCode_New|_PyLong_AsByteArray)"
        r"|cannot import name '(?:mapping|mutablemapping|callable|iterable|sequence)' from 'collections'"
        r"|python version [>=<]+ ?[\d.]+ required|not supported with python 3\.\d+",
        "{package} {version} is older than this Python, and does not work with it.",
        "Choose a newer version of {package}, or upload from a session with the Python version that made the model.",
    ),
    pattern(
        "needs-rust",
        r"can't find rust compiler|cargo, the rust package manager, is not installed"
        r"|(?:no such file or directory|failed to execute|program not found|not found)[^\n]{0,40}(?:cargo|rustc)\b"
        r"|(?:cargo|rustc)\b[^\n]{0,60}(?:not found|no such file)|rust toolchain[^\n]{0,60}not",
        "{package} {version} is only to be had as source here, and it needs Rust, which the lake does not have.",
        _OTHER_VERSION,
    ),
    pattern(
        "no-fortran",
        r"no fortran compiler|unknown compiler\(s\): \[\['gfortran'|gfortran[^\n]{0,40}not found",
        "{package} {version} is only to be had as source here, and compiling it needs a Fortran compiler.",
        _OTHER_VERSION,
    ),
    pattern(
        "missing-header",
        r"fatal error: (?P<header>[\w./+-]{1,200}): no such file",
        "{package} {version} is only to be had as source here, and compiling it needs {header}, which is not there.",
        _OTHER_VERSION,
    ),
    pattern(
        "missing-program",
        r"(?P<program>pg_config|mysql_config|pkg-config|swig|cmake|llvm-config|nvcc|java)\b[^\n]{0,60}"
        r"(?:not found|no such file|is required|could not be found|must be)"
        r"|(?:not find|could not run|can not find|no such file or directory: '|failed to run|requires|unable to find)"
        r"[^\n]{0,30}\b(?P<missed>pg_config|mysql_config|pkg-config|swig|cmake|llvm-config|nvcc|java)\b",
        "{package} {version} is only to be had as source here, and compiling it needs {program}{missed}.",
        _OTHER_VERSION,
    ),
    pattern(
        "setup-imports",
        r"command '\[[^\n]{0,400}'-m', 'pip',[^\n]{0,400} '(?P<module>[a-z0-9][\w.-]{0,100})[^'\n]{0,100}'\]' "
        r"returned non-zero",
        "{package} {version} is only to be had as source here, and its setup installs {module} by itself, which no "
        "installer of today lets it do.",
        _OTHER_VERSION,
    ),
    pattern(
        "setup-imports",
        r"modulenotfounderror: no module named '(?P<module>[\w.]{1,100})'"
        r"|importerror: no module named (?P<other>[\w.]{1,100})",
        "{package} {version} is only to be had as source here, and its setup imports {module}{other} without saying "
        "that it needs it.",
        _OTHER_VERSION,
    ),
    pattern(
        "broken-metadata",
        r"\binvalidrequirement: [^\n]{1,300}(?:\n[ \t]+[^\n]{1,200})?|\binvalidversion: "
        r"|^\s*error in \S{1,100} setup command: ",
        "{package} {version} says what it needs in a way that no installer of today can read.",
        "Choose another version of {package}, or leave it out if the model does not need it.",
    ),
    pattern(
        "no-compiler",
        r"no such file or directory: '\S{0,100}(?:gcc|g\+\+|cc|c\+\+)'|command '\S{0,100}(?:gcc|g\+\+|cc|c\+\+)' failed"
        r": no such file|unable to find [^\n]{0,40}compiler|unknown compiler\(s\)",
        "{package} {version} is only to be had as source here, and compiling it needs a compiler, which there is not.",
        _OTHER_VERSION,
    ),
)

CAUSES_OF_SOURCES = frozenset({"compile-failed", *(each.cause for each in WHY_SOURCES_FAIL)})
