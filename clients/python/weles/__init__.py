"""Client of the Weles model lake.

    import weles
    weles.connect("http://127.0.0.1:8080", token="…")
    weles.model.upload(forest, "wine", "Forest on wine", "target", ["forest"], data, "wine data", "178 wines")
    weles.model.status("wine")
    weles.model.predict("wine", X)

One noun per module: `model`, `dataset`, `user`. `connect` names the lake; every error is in `weles.errors`, and here.
"""

from weles import dataset, errors, model, user
from weles.connection import Connection, connect
from weles.errors import (
    AnswersDiffer,
    BlobUnavailable,
    BuilderUnavailable,
    CallerError,
    CapacityExceeded,
    EnvironmentFailed,
    EnvironmentNotReady,
    Exists,
    Forbidden,
    InvalidEnvironment,
    InvalidInput,
    InvalidModel,
    InvalidRequest,
    LakeBusy,
    LakeError,
    LakeFailed,
    LakeUnreachable,
    MethodNotAllowed,
    ModelBusy,
    ModelDied,
    ModelError,
    ModelNotLoadable,
    ModelNotUsable,
    ModelOutOfMemory,
    ModelRaised,
    NotAcceptable,
    NotConnected,
    NotFound,
    PredictionTimeout,
    TooLarge,
    Unauthenticated,
    UnexpectedAnswer,
    UnsupportedMediaType,
    UploadFailed,
    WelesError,
)
from weles.version import __version__

__all__ = [
    "AnswersDiffer",
    "BlobUnavailable",
    "BuilderUnavailable",
    "CallerError",
    "CapacityExceeded",
    "Connection",
    "EnvironmentFailed",
    "EnvironmentNotReady",
    "Exists",
    "Forbidden",
    "InvalidEnvironment",
    "InvalidInput",
    "InvalidModel",
    "InvalidRequest",
    "LakeBusy",
    "LakeError",
    "LakeFailed",
    "LakeUnreachable",
    "MethodNotAllowed",
    "ModelBusy",
    "ModelDied",
    "ModelError",
    "ModelNotLoadable",
    "ModelNotUsable",
    "ModelOutOfMemory",
    "ModelRaised",
    "NotAcceptable",
    "NotConnected",
    "NotFound",
    "PredictionTimeout",
    "TooLarge",
    "Unauthenticated",
    "UnexpectedAnswer",
    "UnsupportedMediaType",
    "UploadFailed",
    "WelesError",
    "__version__",
    "connect",
    "dataset",
    "errors",
    "model",
    "user",
]
