import sklearn
from golden import check, golden, load

assert sklearn.__version__ == "0.24.2"
check(load().predict(golden()[1]))
