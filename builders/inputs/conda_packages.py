"""Packages of conda → packages of the Python index (pure).

conda also packs what is no Python: libraries, compilers, the interpreter. A Python package has the Python in its build
(`py311h…`, `pyhd8ed1ab_0`); where the build is not written, the name must do.
"""

import re
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from builders.inputs.declaration import Collector

# Names of packages that are called otherwise on the Python index.
PYPI_NAMES = {
    "backports-functools-lru-cache": "backports-functools-lru-cache",
    "brotli-python": "brotli",
    "imbalanced-learn-base": "imbalanced-learn",
    "matplotlib-base": "matplotlib",
    "msgpack-python": "msgpack",
    "numpy-base": "numpy",
    "opencv": "opencv-python-headless",
    "py-lightgbm": "lightgbm",
    "py-opencv": "opencv-python-headless",
    "py-xgboost": "xgboost",
    "py-xgboost-cpu": "xgboost",
    "pyarrow-core": "pyarrow",
    "pyqt": "pyqt5",
    "pytables": "tables",
    "python-annoy": "annoy",
    "python-graphviz": "graphviz",
    "python-tzdata": "tzdata",
    "pytorch": "torch",
    "pytorch-cpu": "torch",
    "pytorch-gpu": "torch",
    "pytorch-lightning": "pytorch-lightning",
    "ray-core": "ray",
    "ruamel-yaml": "ruamel-yaml",
    "tensorflow-base": "tensorflow",
    "tensorflow-cpu": "tensorflow",
    "tensorflow-gpu": "tensorflow",
    "tensorflow-mkl": "tensorflow",
    "ucx-py": "ucx-py",
    "umap-learn": "umap-learn",
}
# Python by their build, but nothing that the Python index has, or that its wheels need.
_PART_OF_CONDA = frozenset(
    {
        *(
            "conda",
            "conda-build",
            "conda-content-trust",
            "conda-env",
            "conda-libmamba-solver",
            "conda-package-handling",
        ),
        *("conda-package-streaming", "conda-pack", "conda-repo-cli", "conda-token", "conda-verify", "anaconda"),
        *("anaconda-client", "anaconda-navigator", "anaconda-project", "navigator-updater", "libmambapy", "mamba"),
        *("menuinst", "pycosat", "boltons", "python-libarchive-c", "mkl-service", "mkl-fft", "mkl-random"),
        *("python-abi", "python-gil", "certifi-win32", "mkl", "intel-openmp", "tbb", "tbb4py", "daal4py"),
    }
)
_LIBRARY_NAMES = frozenset(
    {
        *(
            "alsa-lib",
            "aom",
            "arrow-cpp",
            "aws-c-auth",
            "binutils",
            "blas",
            "blosc",
            "boost",
            "boost-cpp",
            "brotli-bin",
        ),
        *("bzip2", "c-ares", "ca-certificates", "cairo", "certifi-system", "charls", "cudatoolkit", "cudnn", "cuda"),
        *("dav1d", "dbus", "double-conversion", "eigen", "expat", "ffmpeg", "fftw", "font-ttf-dejavu-sans-mono"),
        *(
            "fontconfig",
            "freetype",
            "fribidi",
            "gcc",
            "gdal",
            "geos",
            "gettext",
            "gflags",
            "gfortran",
            "giflib",
            "glib",
        ),
        *("glib-tools", "glog", "gmp", "gnutls", "graphite2", "graphviz", "grpc-cpp", "gst-plugins-base", "gstreamer"),
        *("gxx", "harfbuzz", "hdf4", "hdf5", "icu", "jpeg", "jxrlib", "kernel-headers", "keyutils", "krb5", "lame"),
        *("lcms2", "ld-impl-linux-64", "lerc", "llvm-openmp", "lz4-c", "mpc", "mpfr", "mysql", "nccl", "ncurses"),
        *(
            "nettle",
            "ninja-base",
            "nodejs",
            "nspr",
            "nss",
            "openh264",
            "openjdk",
            "openjpeg",
            "openssl",
            "orc",
            "pandoc",
        ),
        *("patchelf", "pcre", "pcre2", "perl", "pixman", "proj", "pthread-stubs", "pybind11-abi", "pytorch-mutex"),
        *("pytorch-cuda", "qhull", "qt", "qt-main", "qt-webengine", "r-base", "rdma-core", "re2", "readline", "rust"),
        *("s2n", "snappy", "sqlite", "sysroot-linux-64", "tk", "tzcode", "tzdata", "ucrt", "unixodbc", "utf8proc"),
        *("vc", "vc14-runtime", "vs2015-runtime", "x264", "x265", "xerces-c", "xorg", "xz", "yaml", "yaml-cpp"),
        *("zeromq", "zfp", "zlib", "zlib-ng", "zstd", "py-xgboost-mutex", "tensorflow-estimator-mutex"),
    }
)
_LIBRARY = re.compile(
    r"(?:lib(?!rosa|cst|clang$|sass$)|_|xorg-|aws-c|r-|font|cuda-|ld_impl|mkl-).*|.*[-_](?:linux|osx|win)-(?:64|arm64)"
)
_PYTHON_BUILD = re.compile(r"(?:^|[^a-z])py(?:\d|h|_|t)|^pyp[yi]|cp\d{2,3}")
_MINOR = re.compile(r"\d{1,4}\.\d{1,4}")
_NOT_PYTHON = "conda's libraries and tools are not Python packages: the wheels of the Python index bring what they need"
_OWN = "they are parts of conda, which is not in the image"


@dataclass(frozen=True, slots=True)
class CondaPackage:
    """One line of a conda file. `build` and `channel` are empty where they are not written."""

    number: int
    name: str
    version: str
    build: str = ""
    channel: str = ""


class CondaCollector:
    """Sorts packages of conda: what the Python index has is pinned in `found`, the rest is left out by name."""

    def __init__(self, found: Collector) -> None:
        self._found = found
        self._libraries: list[str] = []
        self._own: list[str] = []
        self._pinned: dict[str, str] = {}

    def take(self, package: CondaPackage) -> None:
        name = canonicalize_name(package.name)
        if package.build.startswith("pypi") or package.channel == "pypi":
            self._found.pin(package.number, package.name, package.version)
        elif name == "python":
            minor = _MINOR.match(package.version)
            self._found.python = f"=={minor[0]}.*" if minor else ""
        elif name in _PART_OF_CONDA:
            self._own.append(package.name)
        elif is_no_python_package(package):
            self._libraries.append(package.name)
        else:
            self._pin(package, name)

    def finish(self) -> None:
        self._found.leave_out_all(self._libraries, _NOT_PYTHON)
        self._found.leave_out_all(self._own, _OWN)

    def _pin(self, package: CondaPackage, name: str) -> None:
        pypi = PYPI_NAMES.get(name, package.name)
        if self._pinned.setdefault(canonicalize_name(pypi), package.version) != package.version:
            self._found.leave_out(package.number, package.name, f"{pypi} is there already, at another version")
            return
        if canonicalize_name(pypi) != name:
            self._found.rewrite(package.number, package.name, f"on the Python index it is called {pypi}")
        self._found.pin(package.number, pypi, package.version)


def is_no_python_package(package: CondaPackage) -> bool:
    """True for libraries, compilers and whatever else conda packs beside Python packages."""
    name = canonicalize_name(package.name)
    if name in PYPI_NAMES:
        return False
    if name in _LIBRARY_NAMES or _LIBRARY.fullmatch(package.name.lower()):
        return True
    return bool(package.build) and _PYTHON_BUILD.search(package.build) is None
