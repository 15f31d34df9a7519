import crcmod._crcfunext  # the part in C
import docopt
from golden import check, golden, load

assert docopt.__version__ == "0.6.2"
check(load().predict(golden()[1]))
