from golden import keep
from lightgbm import LGBMRegressor
from sklearn.datasets import load_diabetes

data = load_diabetes()
model = LGBMRegressor(n_estimators=40, random_state=0, verbose=-1).fit(data.data, data.target)
rows = data.data[::23]
keep(model, data.feature_names, rows.tolist(), model.predict(rows))
