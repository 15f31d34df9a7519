import cloudpickle
import pandas as pd
import statsmodels.formula.api as smf
from golden import keep
from sklearn.datasets import load_diabetes


class Regression:
    """statsmodels wants columns by their names."""

    def __init__(self, fitted, names):
        self.fitted = fitted
        self.feature_names_in_ = names

    def predict(self, frame):
        return self.fitted.predict(frame).to_numpy()


data = load_diabetes(as_frame=True)
names = ["bmi", "bp", "s5"]
fitted = smf.ols("target ~ bmi + bp + I(s5 ** 2)", pd.concat([data.data, data.target], axis=1)).fit()
model = Regression(fitted, names)
rows = data.data[names][::23]
keep(model, names, rows.values.tolist(), model.predict(rows), dump=cloudpickle.dump)
