"""A network under construction: its layers as lines of YAML, the shape of each result, and what is counted."""

import math
import os


def pair(value):
    return tuple(value) if isinstance(value, (list, tuple)) else (value, value)


def rounded(channels, width, divisor=8):
    """Channels scaled by a width multiplier, rounded to a multiple and never below 90 % (EfficientNet, MobileNet)."""
    scaled = channels * width
    out = max(divisor, int(scaled + divisor / 2) // divisor * divisor)
    return out + divisor if out < 0.9 * scaled else out


def in_millions(count):
    return f"{count / 1e9:.3f} G" if count >= 1e9 else f"{count / 1e6:.3f} M"


class Net:
    """Collects layers, one line each, in the order in which they are added. Two kinds of files are described: TensorFlow 1's
    quantised ones (uint8, a scale a tensor unless said) and post-training quantised ones (int8, a scale a channel), with
    `keras=True`."""

    def __init__(self, name, size, head, keras=False, per_channel=None):
        self.name, self.head, self.keras = name, head, keras
        self.per_channel = keras if per_channel is None else per_channel
        self.size = pair(size)
        self.shapes = {"image": (*self.size, 3)}
        self.lines, self.last, self.outputs = [], "image", None
        self.weighted = self.weights = self.macs = 0

    # ---------------------------------------------------------------- lines

    def add(self, op, name, source=None, result=None, **keys):
        """A layer; its result has the shape of what it reads unless `result` says otherwise. `source`: a name or a list."""
        parts = [f"op: {op}", f"name: {name}"]
        first = (source[0] if isinstance(source, list) else source) or self.last
        if source is not None and source != self.last:
            parts.append("from: " + (f"[{', '.join(source)}]" if isinstance(source, list) else source))
        for key, value in keys.items():
            if value is None:
                continue
            text = "[" + ", ".join(map(str, value)) + "]" if isinstance(value, (list, tuple)) else str(value)
            parts.append(f"{key}: {text}")
        self.lines.append("  - {" + ", ".join(parts) + "}")
        self.shapes[name] = result or self.shapes[first]
        self.last = name
        return name

    def channels(self, name=None):
        return self.shapes[name or self.last][-1]

    def _window(self, source, kernel, stride, pad, dilation=1):
        h, w, _ = self.shapes[source or self.last]
        (kh, kw), (sh, sw) = pair(kernel), pair(stride)
        if pad == "valid":
            return (h - (kh - 1) * dilation - 1) // sh + 1, (w - (kw - 1) * dilation - 1) // sw + 1
        return math.ceil(h / sh), math.ceil(w / sw)

    def _count(self, weights, positions):
        self.weighted += 1
        self.weights += weights
        self.macs += weights * positions

    # ---------------------------------------------------------------- weighted layers

    def conv(self, name, out, kernel=1, stride=1, act="relu", source=None, pad=None):
        h, w = self._window(source, kernel, stride, pad)
        kh, kw = pair(kernel)
        self._count(kh * kw * self.channels(source) * out, h * w)
        return self.add("conv_2d", name, source, (h, w, out), kernel=kernel, stride=stride if stride != 1 else None,
                        out=out, act=act, pad=pad)

    def conv_rows(self, name, out):
        """1x1, of what was reshaped, without biases."""
        shape = self.shapes[self.last]
        self._count(shape[-1] * out, math.prod(shape[:-1]))
        return self.add("conv_2d", name, None, (*shape[:-1], out), out=out, bias="false")

    def depthwise(self, name, kernel, stride=1, act="relu", source=None, pad=None, dilation=1, multiplier=1):
        h, w = self._window(source, kernel, stride, pad, dilation)
        channels = self.channels(source) * multiplier
        self._count(kernel * kernel * channels, h * w)
        return self.add("depthwise_conv_2d", name, source, (h, w, channels), kernel=kernel,
                        stride=stride if stride > 1 else None, dilation=dilation if dilation > 1 else None,
                        out=channels if multiplier > 1 else None, act=act, pad=pad)

    def transposed(self, name, out, kernel, stride, source=None):
        h, w, channels = self.shapes[source or self.last]
        self._count(kernel * kernel * channels * out, h * w)
        return self.add("transpose_conv", name, source, (h * stride, w * stride, out), kernel=kernel, stride=stride, out=out)

    def fully_connected(self, name, out, act=None):
        inputs = math.prod(self.shapes[self.last])
        self._count(inputs * out, 1)
        return self.add("fully_connected", name, None, (out,), out=out, act=act)

    # ---------------------------------------------------------------- others

    def pool(self, op, name, kernel, stride=1, pad=None, source=None):
        h, w = self._window(source, kernel, stride, pad)
        return self.add(op, name, source, (h, w, self.channels(source)), kernel=kernel,
                        stride=stride if stride != kernel else None, pad=pad)

    def pad(self, name, top, bottom=None, source=None):
        """The same on both axes: before and after (default: as before)."""
        after = top if bottom is None else bottom
        h, w, c = self.shapes[source or self.last]
        return self.add("pad", name, source, (h + top + after, w + top + after, c), pads=f"[[{top}, {after}], [{top}, {after}]]")

    def keras_pad(self, name, kernel):
        """Keras' correct_pad: before a VALID window of stride 2, as much as SAME has on even sizes."""
        half = kernel // 2
        return self.pad(name, half - (1 - self.shapes[self.last][0] % 2), half)

    def join(self, name, a, b, act=None):
        return self.add("add", name, [a, b], act=act)

    def product(self, name, a, b):
        return self.add("mul", name, [a, b])

    def rescaled(self, name, sources):
        """The quantiser of TensorFlow 1 gave all inputs of a concatenation one range; post-training quantisation puts a
        `quantize` behind each input but the one with the widest range, which stands first here."""
        return [s if i == 0 else self.add("quantize", f"{name}.rescale{i}", s) for i, s in enumerate(sources)]

    def concat(self, name, sources, one_range=False):
        """Along the channels; `one_range`: the inputs have one already, as pools of one tensor do."""
        if self.keras and not one_range:
            sources = self.rescaled(name, sources)
        return self.add("concat", name, sources, (*self.shapes[sources[0]][:-1], sum(self.channels(s) for s in sources)))

    def join_rows(self, name, sources, rows, values):
        """What was reshaped to rows of values: one below the other."""
        return self.add("concat", name, self.rescaled(name, sources), (1, rows, values), axis=1)

    def split(self, name, source, parts):
        """Along the channels, into equal parts."""
        shape = self.shapes[source]
        self.add("split", name, source, axis=len(shape), parts=parts)
        names = [f"{name}:{i}" for i in range(parts)]
        self.shapes.update((n, (*shape[:-1], shape[-1] // parts)) for n in names)
        return names

    def cut(self, name, source, first, count):
        """Some of the last axis of what was reshaped."""
        shape = self.shapes[source]
        size = (*shape[:-1], count)
        return self.add("slice", name, source, size, begin=[0] * (len(shape) - 1) + [first], size=size)

    def batch_norm_relu(self, name):
        """A batch norm in front of its activation and behind nothing that could take it in: the converter leaves a product
        and a sum with a constant a channel, and the activation in the sum."""
        channels = self.channels()
        self.add("mul", f"{name}.scale", constant=[channels])
        return self.add("add", f"{name}.shift", constant=[channels], act="relu")

    def resize(self, name, size, how="resize_nearest", source=None):
        return self.add(how, name, source, (*size, self.channels(source)), size=list(size))

    def mean(self, name="pool"):
        return self.add("mean", name, None, (self.channels(),))

    def reshape(self, name, shape, source=None):
        return self.add("reshape", name, source, tuple(shape), shape=list(shape))

    def classifier(self, classes):
        """Average over the map, fully connected, softmax."""
        self.mean()
        self.fully_connected("logits", classes)
        self.add("softmax", "probabilities")
        return self

    def convolutional_classifier(self, classes, stride=None):
        """As TensorFlow's slim has it: an average pool over the whole map, a 1x1 convolution, squeeze, softmax."""
        kernel = self.shapes[self.last][0]
        self.pool("avg_pool", "pool", kernel, stride or kernel, "valid")
        self.conv("logits", classes, act=None)
        self.reshape("squeeze", (1, classes))
        self.add("softmax", "probabilities")
        return self

    # ---------------------------------------------------------------- the file

    def write(self, folder):
        kind, per_channel = "int8" if self.keras else "uint8", str(self.per_channel).lower()
        with open(os.path.join(folder, self.name + ".yaml"), "w", encoding="ascii") as f:
            f.write("edgetpu_sim_model: 1\n")
            for line in self.head.strip().splitlines():
                f.write(f"# {line.strip()}\n")
            f.write(f"# {self.weighted} weighted operators, {in_millions(self.weights)} weights, {in_millions(self.macs)} MACs.\n")
            f.write(f"name: {self.name}\ntype: {kind}\nper_channel: {per_channel}\n")
            f.write(f"inputs: {{image: [1, {self.size[0]}, {self.size[1]}, 3]}}\nlayers:\n")
            f.write("\n".join(self.lines) + "\n")
            if self.outputs:
                f.write(f"outputs: [{', '.join(self.outputs)}]\n")
