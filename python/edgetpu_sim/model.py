"""Networks: read from files, or built as a table of rows (Graph)."""

from __future__ import annotations

import ctypes as c
import difflib
import math
import os
import struct
from typing import Any, Dict, List, Optional, Tuple, Union

import numpy as np
import numpy.typing as npt

from . import _native as n

ROW_DTYPE = np.dtype([(k, np.uint32) for k in ("op", "x", "y", "channels", "kernel_h", "kernel_w", "stride", "dilation",
                                               "expansion", "flags")])
(INPUT, OUTPUT, CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED, AVG_POOL, MAX_POOL, GLOBAL_MEAN, ADD, MUL, CONCAT, RELU, LOGISTIC,
 SOFTMAX, BLOCK, FUSED_BLOCK, TRANSPOSE_CONV, RESIZE_BILINEAR, RESIZE_NEAREST, RESHAPE, HARD_SWISH, ADD_CONSTANT,
 MUL_CONSTANT) = range(23)
VALID, PER_CHANNEL, NO_BIAS, SKIP = 1, 2, 4, 8


class _Activations(Dict[Optional[str], int]):
    def __missing__(self, name: object) -> int:
        raise ValueError(f"activation is None or one of {', '.join(k for k in self if k)}, not {name!r}")


_ACTIVATIONS = _Activations({None: 0, "": 0, "none": 0, "relu": 1 << 8, "relu6": 2 << 8, "relu_n1_to_1": 3 << 8})
_pack = struct.Struct("=10I").pack
Table = npt.NDArray[Any]
Kernel = Union[int, Tuple[int, int]]
# Height, width and channels of an image; channels of a vector; None: only the library knows.
Shape = Optional[Tuple[int, ...]]
_MOST = 1 << 14  # sides and channels up to this, and _MOST_ELEMENTS, are well below any limit of the library
_MOST_ELEMENTS = 1 << 28


def reference_models() -> List[str]:
    """Names of the networks that are shipped."""
    return n.shipped("models")


class Model(n.Handle):
    """A network, immutable: ``Model("mobilenet.tflite")``, ``Model("efficientnet-edgetpu-s")``, or ``Graph(...).model()``. Threads
    may share it. It pickles by its rows or bytes; one that was read from a file, by its path."""

    _free = "ets_model_free"
    _source: Tuple[Any, ...]

    def __init__(self, path: n.Path) -> None:
        super().__init__()
        found = n.find("models", path)
        n.call("ets_model_load", os.fsencode(found), None, c.byref(self._as_parameter_))
        self._source = (Model, (os.path.abspath(found),))

    @classmethod
    def parse(cls, data: Union[str, bytes], name: str = "model") -> "Model":
        """From the bytes of a .tflite or YAML file, possibly compressed by gzip, or the text of a YAML graph."""
        model: Model = cls._to_fill()
        data = data.encode() if isinstance(data, str) else bytes(data)
        n.call("ets_model_parse", name.encode(), data, len(data), None, c.byref(model._as_parameter_))
        model._source = (Model.parse, (data, name))
        return model

    def as_int8(self) -> "Model":
        """A model of floats as it would be once it is quantised (ets_model_as_int8)."""
        return _int8_of(self)

    @property
    def info(self) -> Dict[str, Any]:
        """Name, format, and counts before any machine is chosen (ets_model_info)."""
        d = n.lib.ets_model_describe(self)
        return {k: v.decode() if isinstance(v, bytes) else v for k, v in ((k, getattr(d, k)) for k, _ in d._fields_)}

    @property
    def name(self) -> str:
        return str(n.lib.ets_model_name(self).decode())

    @property
    def layer_names(self) -> List[str]:
        """Of its operators in execution order, as the layers of a report; they need not differ."""
        return [n.lib.ets_model_layer_name(self, i).decode() for i in range(self.info["n_ops"])]

    def __reduce__(self) -> Any:
        return self._source

    def __repr__(self) -> str:
        return f"Model({self.name!r})"


def _int8_of(of: Model) -> Model:
    model: Model = Model._to_fill()
    n.call("ets_model_as_int8", of, None, c.byref(model._as_parameter_))
    model._source = (_int8_of, (of,))
    return model


class Graph:
    """A network as rows of numbers, for search loops: each call adds one and returns its number, which later calls take as their
    operand. A call whose operands or shapes do not fit raises `Error`, with the row's number, and adds nothing.

    >>> g = Graph("candidate")
    >>> x = g.conv(g.input(224, 224, 3), 32, kernel=3, stride=2, activation="relu")
    >>> x = g.block(x, 48, kernel=5, expansion=6)
    >>> model = g.model()
    """

    __slots__ = ("name", "_rows", "_n", "_shapes")

    def __init__(self, name: str = "graph") -> None:
        self.name = name
        self._rows = bytearray()
        self._n = 0
        self._shapes: List[Shape] = []

    # The library has the rules. What certainly keeps them (`shape` of the result is known) is not shown to it at each call: a search
    # builds thousands of networks a second. All else is, and the whole again when it is predicted.
    def _add(self, shape: Shape, op: int, x: int = 0, y: int = 0, channels: int = 0, kernel_h: int = 0, kernel_w: int = 0,
             stride: int = 0, dilation: int = 0, expansion: int = 0, flags: int = 0) -> int:
        try:
            self._rows += _pack(op, x, y, channels, kernel_h, kernel_w, stride, dilation, expansion, flags)
        except struct.error:
            raise n.Error(f"row {self._n}: every number is a whole one from 0 to {2**32 - 1}", n.Status.RANGE) from None
        if shape is None:
            try:
                _check(self.name, self._rows)
            except BaseException:
                del self._rows[-ROW_DTYPE.itemsize:]
                raise
        self._shapes.append(shape)
        row = self._n
        self._n = row + 1
        return row

    def _shape(self, x: int) -> Shape:
        """Of row x, if it is there."""
        try:
            return self._shapes[x] if 0 <= x < self._n else None
        except TypeError:
            raise _no_operand(x) from None

    def _slid(self, x: int, channels: int, h: int, w: int, stride: int, dilation: int, padding: str) -> Shape:
        """Behind a window over an image; `channels` 0: as many as it has."""
        try:  # as _shape(), without the call
            shape = self._shapes[x] if 0 <= x < self._n else None
        except TypeError:
            raise _no_operand(x) from None
        if shape is None or len(shape) != 3 or not (0 < h < 64 and 0 < w < 64 and 0 < stride < 64 and 0 < dilation < 64):
            return None
        height, width, depth = shape
        if padding == "valid":
            height -= (h - 1) * dilation
            width -= (w - 1) * dilation
            if height < 1 or width < 1:
                return None
        if stride > 1:
            height, width = (height + stride - 1) // stride, (width + stride - 1) // stride
        return _image(height, width, channels or depth)

    def input(self, height: int, width: int, channels: int) -> int:
        """An image; quantised to 8 bits, as everything here."""
        return self._add(_image(height, width, channels), INPUT, 0, 0, channels, height, width)

    def conv(self, x: int, channels: int, kernel: Kernel = 1, stride: int = 1, dilation: int = 1, padding: str = "same",
             activation: Optional[str] = None, per_channel: bool = False, bias: bool = True) -> int:
        """A convolution; `kernel` is a side, or height and width."""
        h, w = _sides(kernel)
        shape = self._slid(x, channels, h, w, stride, dilation, padding) if channels else None
        return self._add(shape, CONV_2D, x, 0, channels, h, w, stride, dilation, 0, _flags(padding, activation, per_channel, bias))

    def depthwise(self, x: int, kernel: Kernel = 3, stride: int = 1, dilation: int = 1, padding: str = "same",
                  activation: Optional[str] = None, per_channel: bool = False, bias: bool = True) -> int:
        """A convolution of each channel by itself."""
        h, w = _sides(kernel)
        return self._add(self._slid(x, 0, h, w, stride, dilation, padding), DEPTHWISE_CONV_2D, x, 0, 0, h, w, stride, dilation, 0,
                         _flags(padding, activation, per_channel, bias))

    def transpose_conv(self, x: int, channels: int, kernel: Kernel = 2, stride: int = 2, padding: str = "same",
                       activation: Optional[str] = None, per_channel: bool = False, bias: bool = True) -> int:
        """A transposed convolution: padded "same", `stride` times as high and wide."""
        h, w = _sides(kernel)
        shape = self._shape(x)
        if shape and len(shape) == 3 and 0 < h < 64 and 0 < w < 64 and 0 < stride < 64:
            same = padding == "same"
            shape = _image(shape[0] * stride if same else (shape[0] - 1) * stride + h,
                           shape[1] * stride if same else (shape[1] - 1) * stride + w, channels)
        else:
            shape = None
        return self._add(shape, TRANSPOSE_CONV, x, 0, channels, h, w, stride, 0, 0, _flags(padding, activation, per_channel, bias))

    def block(self, x: int, channels: int, kernel: int = 3, stride: int = 1, expansion: int = 4, fused: bool = False,
              skip: bool = True, activation: Optional[str] = "relu", per_channel: bool = False) -> int:
        """An inverted bottleneck, or a fused one (ets_block); its result is one row."""
        flags = _ACTIVATIONS[activation] | (SKIP if skip else 0) | (PER_CHANNEL if per_channel else 0)
        shape = self._slid(x, channels, kernel, kernel, stride, 1, "same") if channels and 0 < expansion < 64 else None
        return self._add(shape, FUSED_BLOCK if fused else BLOCK, x, 0, channels, kernel, kernel, stride, 0, expansion, flags)

    def fully_connected(self, x: int, units: int, activation: Optional[str] = None) -> int:
        """A vector of `units`, each a weighted sum of all of x."""
        shape = (units,) if self._shape(x) and 0 < units < _MOST else None
        return self._add(shape, FULLY_CONNECTED, x, 0, units, flags=_ACTIVATIONS[activation])

    def avg_pool(self, x: int, kernel: Kernel, stride: int = 1, padding: str = "same") -> int:
        """Means of windows; `kernel` is a side, or height and width."""
        return self._pool(AVG_POOL, x, kernel, stride, padding)

    def max_pool(self, x: int, kernel: Kernel, stride: int = 1, padding: str = "same") -> int:
        """The largest of each window; see `avg_pool`."""
        return self._pool(MAX_POOL, x, kernel, stride, padding)

    def _pool(self, op: int, x: int, kernel: Kernel, stride: int, padding: str) -> int:
        h, w = _sides(kernel)
        return self._add(self._slid(x, 0, h, w, stride, 1, padding), op, x, 0, 0, h, w, stride, 0, 0,
                         _flags(padding, None, False, True))

    def global_mean(self, x: int) -> int:
        """Over height and width: a vector."""
        shape = self._shape(x)
        return self._add(shape[2:] if shape and len(shape) == 3 else None, GLOBAL_MEAN, x)

    def add(self, x: int, y: int, activation: Optional[str] = None) -> int:
        """Element by element; y may be a single pixel."""
        return self._add(self._joined(x, y), ADD, x, y, flags=_ACTIVATIONS[activation])

    def mul(self, x: int, y: int) -> int:
        """Element by element; y may be a single pixel."""
        return self._add(self._joined(x, y), MUL, x, y)

    def _joined(self, x: int, y: int) -> Shape:
        """Element by element, or an image and a pixel."""
        a, b = self._shape(x), self._shape(y)
        if a is None or b is None:
            return None
        return a if a == b or (len(a) == 3 and b == (1, 1, a[2])) else None

    def concat(self, x: int, y: int) -> int:
        """Along the channels."""
        a, b = self._shape(x), self._shape(y)
        fits = a is not None and b is not None and len(a) == len(b) == 3 and a[:2] == b[:2]
        return self._add(_image(a[0], a[1], a[2] + b[2]) if a and b and fits else None, CONCAT, x, y)

    def add_constant(self, x: int, channels: int, activation: Optional[str] = None) -> int:
        """A constant a channel; `channels` as x has them. Coral hosts send such constants at every inference."""
        return self._add(self._with_constant(x, channels), ADD_CONSTANT, x, 0, channels, flags=_ACTIVATIONS[activation])

    def mul_constant(self, x: int, channels: int, activation: Optional[str] = None) -> int:
        """See `add_constant`."""
        return self._add(self._with_constant(x, channels), MUL_CONSTANT, x, 0, channels, flags=_ACTIVATIONS[activation])

    def _with_constant(self, x: int, channels: int) -> Shape:
        shape = self._shape(x)
        return shape if shape and shape[-1] == channels else None

    def resize(self, x: int, height: int, width: int, nearest: bool = False) -> int:
        """An image of another size, bilinear unless `nearest`."""
        shape = self._shape(x)
        to = _image(height, width, shape[2]) if shape and len(shape) == 3 else None
        return self._add(to, RESIZE_NEAREST if nearest else RESIZE_BILINEAR, x, 0, 0, height, width)

    def reshape(self, x: int, *shape: int) -> int:
        """The same elements as an image (height, width, channels) or a vector (channels)."""
        if len(shape) not in (1, 3):
            raise ValueError(f"reshape: height, width, channels, or channels alone, not {shape!r}")
        h, w = shape[:2] if len(shape) == 3 else (0, 0)
        before, to = self._shape(x), _image(*shape) if len(shape) == 3 else _image(1, 1, *shape)
        fits = before and to and math.prod(before) == math.prod(to)
        return self._add((to if len(shape) == 3 else to[2:]) if to and fits else None, RESHAPE, x, 0, shape[-1], h, w)

    def relu(self, x: int) -> int:
        """An operator by itself; most calls above have an `activation` that costs nothing."""
        return self._add(self._shape(x), RELU, x)

    def hard_swish(self, x: int) -> int:
        """x relu6(x + 3) / 6."""
        return self._add(self._shape(x), HARD_SWISH, x)

    def logistic(self, x: int) -> int:
        """The sigmoid, 1 / (1 + exp(-x))."""
        return self._add(self._shape(x), LOGISTIC, x)

    def softmax(self, x: int) -> int:
        """Over the channels."""
        return self._add(self._shape(x), SOFTMAX, x)

    def output(self, x: int) -> int:
        """Names an output; without any, the last row's result is the output."""
        return self._add(self._shape(x), OUTPUT, x)

    def __len__(self) -> int:
        return self._n

    @property
    def rows(self) -> Table:
        """The table (ROW_DTYPE), for `Predictor.predict_rows`: a copy."""
        return np.frombuffer(bytes(self._rows), ROW_DTYPE)

    def model(self) -> Model:
        """The network, checked."""
        return _model_of(self.name, bytes(self._rows))


Network = Union[Model, Graph, n.Path]


def _no_operand(x: object) -> TypeError:
    return TypeError(f"an operand is the number that an earlier call of this graph gave, not {x!r}")


def _image(height: int, width: int, channels: int) -> Shape:
    fits = 0 < height < _MOST and 0 < width < _MOST and 0 < channels < _MOST and height * width * channels < _MOST_ELEMENTS
    return (height, width, channels) if fits else None


def _sides(kernel: Kernel) -> Tuple[int, int]:
    """Height and width."""
    if isinstance(kernel, int) or hasattr(kernel, "__index__"):  # NumPy's numbers are no int
        return kernel, kernel  # type: ignore[return-value]
    try:
        h, w = kernel
    except (TypeError, ValueError):
        raise ValueError(f"kernel is a side, or height and width, not {kernel!r}") from None
    return h, w


def as_model(network: Network) -> Model:
    """A network, the one of a graph, or the one that has this name or path."""
    return network if isinstance(network, Model) else network.model() if isinstance(network, Graph) else Model(network)


def layer_number(model: Model, layer: Union[int, str]) -> int:
    """Of a layer by its number or its name."""
    if not isinstance(layer, str):
        return n.whole("layer", layer, (1 << 32) - 1)
    found = [i for i, name in enumerate(model.layer_names) if name == layer]
    if len(found) != 1:
        near = [] if found else difflib.get_close_matches(layer, model.layer_names, 1)
        advice = f"did you mean {near[0]!r}?" if near else "a number says which one" if found else "Model.layer_names has them"
        raise ValueError(f"{model.name} has {len(found) or 'no'} layers named {layer!r}; {advice}")
    return found[0]


def _check(name: str, rows: bytearray) -> None:
    """Raises what the library says of these rows."""
    builder = c.c_void_p()
    n.call("ets_builder_new", name.encode(), None, c.byref(builder))
    try:
        n.call("ets_build_rows", builder, bytes(rows), len(rows) // ROW_DTYPE.itemsize)
    finally:
        n.lib.ets_builder_free(builder)


def _flags(padding: str, activation: Optional[str], per_channel: bool, bias: bool) -> int:
    if padding not in ("same", "valid"):
        raise ValueError(f"padding is 'same' or 'valid', not {padding!r}")
    return (_ACTIVATIONS[activation] | (VALID if padding == "valid" else 0) | (PER_CHANNEL if per_channel else 0)
            | (0 if bias else NO_BIAS))


def _model_of(name: str, rows: bytes) -> Model:
    builder = c.c_void_p()
    n.call("ets_builder_new", name.encode(), None, c.byref(builder))
    try:
        n.call("ets_build_rows", builder, rows, len(rows) // ROW_DTYPE.itemsize)
        model: Model = Model._to_fill()
        n.call("ets_build_model", builder, c.byref(model._as_parameter_))
    finally:
        n.lib.ets_builder_free(builder)
    model._source = (_model_of, (name, rows))
    return model
