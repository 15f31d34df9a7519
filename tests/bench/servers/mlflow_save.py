"""mlflow_save.py FOLDER NAME TARGET: one of the bench's models as MLflow keeps it, without inferring requirements."""

import pickle
import sys
from pathlib import Path

import mlflow

folder, name, target = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
model = pickle.loads((folder / f"{name}.pkl").read_bytes())
mlflow.sklearn.save_model(model, target, pip_requirements=["scikit-learn"], serialization_format="cloudpickle")
