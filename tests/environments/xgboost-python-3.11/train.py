from golden import keep
from sklearn.datasets import load_wine
from xgboost import XGBClassifier

data = load_wine()
model = XGBClassifier(n_estimators=30, random_state=0).fit(data.data, data.target)
rows = data.data[::9]
keep(model, data.feature_names, rows.tolist(), model.predict(rows))
