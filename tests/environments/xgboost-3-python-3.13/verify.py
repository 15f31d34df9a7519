import pandas as pd
import xgboost
from golden import check, golden, load

assert xgboost.__version__ == "3.1.1"
names, rows, _ = golden()
check(load().predict(pd.DataFrame(rows, columns=names)))
