from golden import keep
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier

data = load_wine()
model = RandomForestClassifier(n_estimators=50, random_state=0).fit(data.data[::2], data.target[::2])
rows = data.data[1::9]
keep(model, data.feature_names, rows.tolist(), model.predict(rows))
