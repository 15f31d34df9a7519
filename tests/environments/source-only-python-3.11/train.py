import cloudpickle
from golden import keep


class Checksums:
    def predict(self, rows):
        import crcmod
        import numpy

        crc = crcmod.mkCrcFun(0x104C11DB7, initCrc=0, xorOut=0xFFFFFFFF)
        return numpy.array([float(crc(repr([float(value) for value in row]).encode())) for row in rows])


rows = [[float(number), number / 2] for number in range(10)]
model = Checksums()
keep(model, ["a", "b"], rows, model.predict(rows), dump=cloudpickle.dump)
