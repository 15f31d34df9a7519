import catboost
import numpy as np
from golden import check, golden, load

assert catboost.__version__ == "1.2.7"
check(load().predict(np.array(golden()[1])))
