import onnxruntime
from golden import check, golden, load

assert onnxruntime.__version__ == "1.19.2"
check(load().predict(golden()[1]))
