"""One module per flavour: `load(manifest) -> model`, `modes(model) -> list`, `predict(model, table, mode) -> Table`."""

from weles_runtime.errors import ContractError


def find(name):
    """The flavour's module. Raises ContractError when this runtime has none of that name."""
    if name == "sklearn":
        from weles_runtime.flavours import sklearn_flavour

        return sklearn_flavour
    if name == "python":
        from weles_runtime.flavours import python_flavour

        return python_flavour
    raise ContractError("unknown flavour {!r}; this runtime has sklearn and python".format(name))
