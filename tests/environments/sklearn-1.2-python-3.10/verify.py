import sklearn
from golden import check, golden, load

assert sklearn.__version__ == "1.2.2"
check(load().predict(golden()[1]))
