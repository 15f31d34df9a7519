import lightgbm
import numpy as np
from golden import check, golden, load

assert lightgbm.__version__ == "4.5.0"
check(load().predict(np.array(golden()[1])))
