import numpy as np
import xgboost
from golden import check, golden, load

assert xgboost.__version__ == "1.7.6"
check(load().predict(np.array(golden()[1])))
