import numpy as np
import tensorflow
from golden import check, golden, load

assert tensorflow.__version__ == "2.16.2"
check(load().predict(np.array(golden()[1])), tolerance=1e-5)
