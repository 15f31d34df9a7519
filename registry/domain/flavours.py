"""The flavours and file formats that the runtimes of this lake know, by language."""

FLAVOURS: dict[str, tuple[str, ...]] = {"python": ("sklearn", "python")}
FORMATS: dict[str, tuple[str, ...]] = {"python": ("pickle", "joblib")}
