"""The models as a BentoML service (BENCH_MODELS, BENCH_NAMES)."""

import os
import pickle
from pathlib import Path
from typing import Annotated

import bentoml
import numpy as np
import pandas as pd
from bentoml.validators import ContentType

FOLDER = Path(os.environ["BENCH_MODELS"])
NAMES = os.environ.get("BENCH_NAMES", "logistic,forest,boosting").split(",")


@bentoml.service(workers=1, traffic={"timeout": 300})
class Bench:
    def __init__(self) -> None:
        self.models = {name: pickle.loads((FOLDER / f"{name.partition('-')[0]}.pkl").read_bytes()) for name in NAMES}

    @bentoml.api
    def predict(self, name: str, data: np.ndarray) -> np.ndarray:
        return self.models[name].predict(data)

    @bentoml.api(route="/boosting_parquet")
    def batch(self, data: Annotated[Path, ContentType("application/vnd.apache.parquet")], /) -> np.ndarray:
        return self.models["boosting"].predict(pd.read_parquet(data))
