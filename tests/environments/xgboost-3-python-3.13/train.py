from golden import keep
from sklearn.datasets import load_diabetes
from xgboost import XGBRegressor

data = load_diabetes(as_frame=True)
model = XGBRegressor(n_estimators=30, random_state=0).fit(data.data, data.target)
rows = data.data[::23]
keep(model, list(rows.columns), rows.values.tolist(), model.predict(rows))
