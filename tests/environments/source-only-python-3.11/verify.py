import crcmod._crcfunext as in_c
import docopt
from golden import check, golden, load

assert docopt.__version__ == "0.6.2"
assert in_c.__file__.endswith(".so")
check(load().predict(golden()[1]))
