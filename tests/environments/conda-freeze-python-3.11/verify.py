import pandas as pd
import sklearn
from golden import check, golden, load

assert sklearn.__version__ == "1.5.2"
names, rows, _ = golden()
check(load().predict(pd.DataFrame(rows, columns=names)))
