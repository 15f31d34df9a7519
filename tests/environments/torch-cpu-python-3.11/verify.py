import numpy as np
import torch
from golden import check, golden, load

assert torch.__version__ == "2.13.0+cpu"
assert not torch.cuda.is_available()
check(load().predict(np.array(golden()[1])), tolerance=1e-5)
