#!/usr/bin/env python3
"""make_seeds.py FOLDER - small .tflite files for the fuzzer to begin with, an operator of each kind in the places where real networks have
them: a mobile block with its head, a detector's end, a segmentation's end, a recurrent layer, moves."""
import struct
import sys


class Table:
    """Fields by number: an int (32 bits), a Byte, a Table, or a list of these, bytes or str."""
    def __init__(self, **fields):
        self.fields = {int(k[1:]): v for k, v in fields.items()}


class Byte(int):
    pass


class Writer:
    """Parents first, what they refer to behind them."""
    def __init__(self, root):
        self.data = bytearray(b"\0\0\0\0TFL3")
        self.refer(0, root)

    def align(self, n):
        self.data += b"\0" * (-len(self.data) % n)

    def refer(self, at, value):
        place = self.write(value)
        struct.pack_into("<I", self.data, at, place - at)

    def write(self, value):
        return self.write_table(value) if isinstance(value, Table) else self.write_vector(value)

    def write_table(self, t):
        n = max(t.fields, default=-1) + 1
        self.align(4)
        self.data += b"\0\0" * (n % 2)
        slots = [4 + 4 * list(t.fields).index(i) if i in t.fields else 0 for i in range(n)]
        vtable = len(self.data)
        self.data += struct.pack(f"<{2 + n}H", 4 + 2 * n, 4 + 4 * len(t.fields), *slots)
        at = len(self.data)
        self.data += struct.pack("<i", at - vtable) + b"\0" * 4 * len(t.fields)
        for i, value in t.fields.items():
            if isinstance(value, int):
                struct.pack_into("<I", self.data, at + slots[i], value & 0xffffffff)
            else:
                self.refer(at + slots[i], value)
        return at

    def write_vector(self, v):
        self.align(4)
        at = len(self.data)
        if isinstance(v, str):
            v = v.encode()
        self.data += struct.pack("<I", len(v))
        if isinstance(v, bytes):
            self.data += v + b"\0"
        elif v and isinstance(v[0], float):
            self.data += struct.pack(f"<{len(v)}f", *v)
        elif v and isinstance(v[0], Table):
            self.data += b"\0" * 4 * len(v)
            for i, t in enumerate(v):
                self.refer(at + 4 + 4 * i, t)
        else:
            self.data += struct.pack(f"<{len(v)}i", *v)
        return at


class Net:
    INT8, INT32, UINT8, FLOAT32, FLOAT16 = Byte(9), Byte(2), Byte(3), Byte(0), Byte(1)

    def __init__(self, shape, kind=INT8, open_batch=False):
        self.tensors, self.operators, self.codes, self.buffers = [], [], [], [Table()]
        self.open_batch = open_batch
        self.input = self.last = self.tensor(shape, "input", kind=kind)

    def tensor(self, shape, name, data=None, kind=INT8, **more):
        if data is not None:
            self.buffers.append(Table(f0=data))
        elif self.open_batch:
            more["f7"] = [-1] + shape[1:]
        scale = Table(f2=[0.5], f3=[]) if kind in (self.INT8, self.UINT8) else Table()
        self.tensors.append(Table(f0=shape, f1=kind, f2=len(self.buffers) - 1 if data is not None else 0, f3=name, f4=scale, **more))
        return len(self.tensors) - 1

    def weights(self, shape):
        n = 1
        for d in shape:
            n *= d
        return self.tensor(shape, "w", b"\x01" * n)

    def ints(self, *values, shape=None):
        return self.tensor([len(values)] if shape is None else shape, "c", struct.pack(f"<{len(values)}i", *values), self.INT32)

    def op(self, code, inputs, *shapes, options=None, custom=None, kind=INT8):
        """Inputs None: the result before. Gives the first result."""
        key = (code, custom)
        if key not in self.codes:
            self.codes.append(key)
        out = [self.tensor(s, f"op{len(self.operators)}", kind=kind) for s in shapes]
        fields = {"f0": self.codes.index(key), "f1": [self.last if i is None else i for i in inputs], "f2": out}
        if options:
            fields["f4"] = options
        self.operators.append(Table(**fields))
        self.last = out[0]
        return out[0]

    def bytes(self, *outputs):
        codes = [Table(f0=Byte(min(c, 127)), f3=c, **({"f1": name} if name else {})) for c, name in self.codes]
        graph = Table(f0=self.tensors, f1=[self.input], f2=list(outputs) or [self.last], f3=self.operators)
        return bytes(Writer(Table(f0=3, f1=codes, f2=[graph], f4=self.buffers)).data)


def window(**more):
    return Table(f0=Byte(0), f1=1, f2=1, **more)


def mobile():
    n = Net([1, 16, 16, 3])
    x = n.op(3, [None, n.weights([8, 3, 3, 3]), n.ints(*[0] * 8)], [1, 8, 8, 8], options=Table(f0=Byte(0), f1=2, f2=2, f3=Byte(3)))
    n.op(4, [None, n.weights([1, 3, 3, 8]), n.ints(*range(8))], [1, 8, 8, 8], options=window(f3=1, f4=Byte(3)))
    n.op(3, [None, n.weights([8, 1, 1, 8]), n.ints(*[0] * 8)], [1, 8, 8, 8], options=window())
    n.op(0, [x, None], [1, 8, 8, 8], options=Table(f0=Byte(1)))
    n.op(34, [None, n.ints(0, 0, 0, 1, 1, 0, 0, 0, shape=[4, 2])], [1, 9, 9, 8])
    n.op(17, [None], [1, 4, 4, 8], options=Table(f0=Byte(1), f1=2, f2=2, f3=2, f4=2))
    n.op(40, [None, n.ints(1, 2)], [1, 8], options=Table(f0=Byte(0)))
    n.op(9, [None, n.weights([5, 8])], [1, 5], options=Table(f0=Byte(0)))
    n.op(25, [None], [1, 5])
    n.op(117, [None], [1, 5])
    return n.bytes()


def detector():
    n = Net([1, 8, 8, 8])
    a = n.op(3, [n.input, n.weights([12, 3, 3, 8])], [1, 8, 8, 12], options=window())
    boxes = n.op(22, [a, n.ints(1, -1, 4)], [1, 192, 4], options=Table(f0=[1, -1, 4]))
    b = n.op(1, [n.input], [1, 8, 8, 8], options=window(f3=3, f4=3))
    classes = n.op(22, [b, n.ints(1, -1, 4)], [1, 128, 4])
    joined = n.op(2, [boxes, classes], [1, 320, 4], options=Table(f0=1))
    scores = n.op(14, [None], [1, 320, 4])
    n.op(32, [joined, scores], [1, 10, 4], [1, 10], custom="TFLite_Detection_PostProcess")
    return n.bytes()


def segmentation():
    n = Net([1, 8, 8, 4])
    n.op(67, [n.ints(1, 16, 16, 6), n.weights([6, 3, 3, 4]), n.input], [1, 16, 16, 6], options=Table(f0=Byte(0), f1=2, f2=2))
    n.op(23, [None, n.ints(32, 32)], [1, 32, 32, 6], options=Table(f2=Byte(1)))
    n.op(97, [None, n.ints(16, 16)], [1, 16, 16, 6], options=Table(f1=Byte(1)))
    n.op(56, [None, n.ints(3, shape=[])], [1, 16, 16])
    return n.bytes()


def recurrent():
    n = Net([1, 6, 4])
    gates = [n.weights([8, 4]) for _ in range(4)] + [n.weights([8, 8]) for _ in range(4)]
    state = [n.tensor([1, 8], "state") for _ in range(2)]
    n.op(44, [n.input, *gates, -1, -1, -1, *[n.ints(*[0] * 8) for _ in range(4)], -1, -1, *state], [1, 6, 8], options=Table(f3=Byte(0)))
    n.op(45, [None, n.ints(0, 5, 0), n.ints(0, 6, 0), n.ints(1, 1, 1)], [1, 8], options=Table(f0=5, f1=5, f4=2))
    n.op(28, [None], [1, 8])
    return n.bytes()


def moves():
    n = Net([1, 4, 4, 8])
    n.op(49, [n.ints(3, shape=[]), n.input], [1, 4, 4, 4], [1, 4, 4, 4], options=Table(f0=2))
    a = n.last
    n.op(18, [a, a + 1], [1, 4, 4, 4], options=Table(f0=Byte(0)))
    n.op(54, [None, n.weights([4])], [1, 4, 4, 4])
    n.op(39, [None, n.ints(0, 2, 1, 3)], [1, 4, 4, 4])
    n.op(65, [None, n.ints(0, 1, 0, 0), n.ints(1, 2, -1, -1)], [1, 2, 4, 4])
    n.op(26, [None], [1, 1, 2, 16], options=Table(f0=2))
    n.op(43, [None], [2, 16], options=Table(f0=[0, 1]))
    n.op(83, [None, n.last], [2, 2, 16], options=Table(f0=2, f1=0))
    n.op(70, [None, n.ints(0, shape=[])], [1, 2, 2, 16])
    n.op(82, [None, n.ints(1, 2)], [1, 16])
    n.op(114, [None], [1, 16])
    return n.bytes(n.last, a)


def backwards():
    """Each operator above the one that it works on."""
    n = Net([1, 4, 4, 8])
    n.op(28, [None], [1, 4, 4, 8])
    n.op(70, [None, n.ints(1, shape=[])], [1, 1, 4, 4, 8])
    n.op(43, [None], [1, 4, 4, 8], options=Table(f0=[1]))
    n.op(55, [None, n.tensor([1], "m", b"\0", Net.INT8)], [1, 4, 4, 8])
    n.op(9, [None, n.weights([5, 8])], [1, 4, 4, 5], options=Table(f0=Byte(1), f2=Byte(1)))
    n.op(74, [None, n.ints(1, 2)], [1, 1, 1, 5], options=Table(f0=Byte(1)))
    n.op(20, [None], [1, 1, 1, 5])
    n.op(60, [None, n.ints(0, 0, 1, 1, 1, 1, 0, 0, shape=[4, 2])], [1, 3, 3, 5])
    n.operators.reverse()
    return n.bytes()


def float_ends():
    """What a converter makes of a network that is quantised inside."""
    n = Net([1, 16, 16, 3], Net.FLOAT32)
    n.op(114, [None], [1, 16, 16, 3])
    n.op(3, [None, n.weights([8, 3, 3, 3])], [1, 16, 16, 8], options=window())
    n.op(6, [None], [1, 16, 16, 8], kind=Net.FLOAT32)
    return n.bytes()


def packed():
    """Weights as float16 and sparse: less in the buffer than the shape says. The last result is a constant that leaves the network."""
    n = Net([1, 8, 8, 16], Net.FLOAT32)
    sparse = n.tensor([16, 1, 1, 16], "sparse", b"\x01" * 154, Net.FLOAT16, f6=Table(f0=[0, 1, 2, 3]))
    dense = n.op(124, [sparse], [16, 1, 1, 16], kind=Net.FLOAT16)
    weights = n.op(6, [dense], [16, 1, 1, 16], kind=Net.FLOAT32)
    bias = n.op(6, [n.tensor([16], "bias", b"\0" * 32, Net.FLOAT16)], [16], kind=Net.FLOAT32)
    x = n.op(3, [n.input, weights, bias], [1, 8, 8, 16], options=window(), kind=Net.FLOAT32)
    other = n.op(6, [n.tensor([4], "other", b"\0" * 8, Net.FLOAT16)], [4], kind=Net.FLOAT32)
    return n.bytes(x, other)


def open_batch():
    """Of a network whose input has no stated batch. Behind the reshape the shape has a 1 for what is 16."""
    n = Net([1, 8, 8, 4], open_batch=True)
    n.op(3, [None, n.weights([8, 3, 3, 4])], [1, 8, 8, 8], options=window())
    n.op(40, [None, n.ints(1, 2)], [1, 8], options=Table(f0=Byte(0)))
    x = n.op(9, [None, n.weights([5, 8])], [1, 5], options=Table(f0=Byte(0)))
    n.op(22, [n.input, n.ints(-1, 16)], [1, 16], options=Table(f0=[-1, 16]))
    n.op(28, [None], [1, 16])
    return n.bytes(x, n.last)


for make in (mobile, detector, segmentation, recurrent, moves, backwards, float_ends, packed, open_batch):
    with open(f"{sys.argv[1]}/{make.__name__}.tflite", "wb") as f:
        f.write(make())
