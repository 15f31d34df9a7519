from golden import keep
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

data = load_wine(as_frame=True)
steps = RandomOverSampler(random_state=0), StandardScaler(), LogisticRegression(max_iter=500)
model = make_pipeline(*steps).fit(data.data, data.target)
rows = data.data[::9]
keep(model, list(rows.columns), rows.values.tolist(), model.predict(rows))
