"""Names of packages that people confuse: what is imported and what is installed, what is dead and what lives (pure)."""

from difflib import get_close_matches

from packaging.utils import canonicalize_name

# By the module's name, where the package (normalised) has another one.
_INSTALLED_AS = {
    **{"attr": "attrs", "bs4": "beautifulsoup4", "category_encoders": "category-encoders", "crypto": "pycryptodome"},
    **{"cv2": "opencv-python", "dateutil": "python-dateutil", "docx": "python-docx", "dotenv": "python-dotenv"},
    **{"faiss": "faiss-cpu", "fitz": "pymupdf", "git": "gitpython", "google.protobuf": "protobuf"},
    **{"imblearn": "imbalanced-learn", "jwt": "pyjwt", "levenshtein": "levenshtein", "mpl_toolkits": "matplotlib"},
    **{"mysqldb": "mysqlclient", "openssl": "pyopenssl", "pil": "pillow", "pkg_resources": "setuptools"},
    **{"pptx": "python-pptx", "serial": "pyserial", "skimage": "scikit-image", "sklearn": "scikit-learn"},
    **{"skopt": "scikit-optimize", "sksurv": "scikit-survival", "surprise": "scikit-surprise", "umap": "umap-learn"},
    **{"yaml": "pyyaml", "zmq": "pyzmq"},
}
# What has wheels, or lives on, where the package itself has or does neither.
_INSTEAD = {
    "cchardet": "faust-cchardet",
    "fbprophet": "prophet",
    "mysqlclient": "pymysql",
    "opencv-contrib-python": "opencv-contrib-python-headless",
    "opencv-python": "opencv-python-headless",
    "psycopg2": "psycopg2-binary",
    "pycrypto": "pycryptodome",
    "tensorflow-gpu": "tensorflow",
}
_WELL_KNOWN = (
    *("aiohttp", "beautifulsoup4", "boto3", "catboost", "category-encoders", "cloudpickle", "cython", "dask", "dill"),
    *(
        "fastapi",
        "flask",
        "gensim",
        "h5py",
        "imbalanced-learn",
        "ipython",
        "jax",
        "joblib",
        "jupyter",
        "keras",
        "kmodes",
    ),
    *("lightgbm", "lifelines", "matplotlib", "mlflow", "mlxtend", "networkx", "nltk", "numba", "numpy", "onnx"),
    *("onnxruntime", "opencv-python", "openpyxl", "optuna", "pandas", "patsy", "pillow", "plotly", "polars", "prophet"),
    *("protobuf", "pyarrow", "pydantic", "pyod", "python-dateutil", "pytorch-lightning", "pyyaml", "requests"),
    *("scikit-image", "scikit-learn", "scikit-learn-extra", "scikit-optimize", "scikit-survival", "scipy", "seaborn"),
    *("sentence-transformers", "shap", "spacy", "sqlalchemy", "statsmodels", "sympy", "tensorflow", "threadpoolctl"),
    *("tokenizers", "torch", "torchvision", "tqdm", "transformers", "umap-learn", "xgboost", "xlrd"),
)
_NEAR = 0.8


def package_of_module(module: str) -> str:
    """The package (normalised) that a module most likely belongs to."""
    top = module.partition(".")[0]
    return _INSTALLED_AS.get(module.lower()) or _INSTALLED_AS.get(top.lower()) or canonicalize_name(top)


def meant(name: str) -> str | None:
    """The package that somebody who wrote `name` (normalised) may have meant; None when nothing is near."""
    imported = _INSTALLED_AS.get(name.replace("-", "_")) or _INSTALLED_AS.get(name)
    near = imported or next(iter(get_close_matches(name, _WELL_KNOWN, 1, _NEAR)), None)
    return None if near == name else near


def instead_of(name: str) -> str | None:
    """A package (normalised name) that does the same and can be installed; None when none is known."""
    return _INSTEAD.get(name)
