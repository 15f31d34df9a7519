import numpy as np
from catboost import CatBoostRegressor
from golden import keep

rows = np.random.default_rng(0).normal(size=(200, 3))
model = CatBoostRegressor(iterations=40, verbose=False, random_seed=0, allow_writing_files=False)
model.fit(rows, rows @ [1.0, -2.0, 0.5])
keep(model, ["a", "b", "c"], rows.tolist(), model.predict(rows))
