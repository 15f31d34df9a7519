import pandas as pd
import statsmodels
from golden import check, golden, load

assert statsmodels.__version__ == "0.14.4"
names, rows, _ = golden()
check(load().predict(pd.DataFrame(rows, columns=names)))
