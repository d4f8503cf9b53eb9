"""The layers of a case as PyTorch modules.

A layer takes its input and a dictionary, in which a pool leaves what the unpooling layer of its name needs; a joining
layer, which begins a block that reads several, takes the list of its inputs. What is fastest in channels-last order is
written for it.
"""
import torch
import torch.nn.functional as F
from torch import nn

from case import CaseError

ACTIVATIONS = {
    "relu": lambda spec: nn.ReLU(), "sigmoid": lambda spec: nn.Sigmoid(), "tanh": lambda spec: nn.Tanh(),
    "leaky_relu": lambda spec: nn.LeakyReLU(spec.get("slope", 0.01)),
    "elu": lambda spec: nn.ELU(spec.get("alpha", 1.0)),
    "gelu": lambda spec: nn.GELU(), "silu": lambda spec: nn.SiLU(), "softplus": lambda spec: nn.Softplus(),
}


class Layers(nn.Module):
    """Layers one behind the other; its modules are called 0, 1, ... and may have others beside them."""

    def __init__(self, layers=()):
        super().__init__()
        self.put(layers)

    def put(self, layers):
        self.chain = list(layers)
        for number, layer in enumerate(self.chain):
            self.add_module(str(number), layer)

    def __iter__(self):
        return iter(self.chain)

    def __getitem__(self, number):
        return self.chain[number]

    def forward(self, x, pools):
        for layer in self.chain:
            x = run(layer, x, pools)
        return x


class Residual(nn.Module):
    """body(x) + shortcut(x)."""

    def __init__(self, body, shortcut):
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x, pools):
        return self.body(x, pools) + self.shortcut(x, pools)


class FrozenBatchNorm(nn.BatchNorm2d):
    """Normalises by its running statistics in training, too."""

    def train(self, mode=True):
        return super().train(False)


class IndexPool(nn.Module):
    """A max pool that keeps the indices of the maxima (int64, as PyTorch's kernels have them) for its unpooling."""

    def __init__(self, name, kernel, stride, padding):
        super().__init__()
        self.name, self.geometry = name, (kernel, stride, padding)

    def forward(self, x, pools):
        y, indices = F.max_pool2d(x, *self.geometry, return_indices=True)
        pools[self.name] = indices, x.shape
        return y


class IndexUnpool(nn.Module):
    """[N, C, h, w] to the shape that the pool had: each value where its maximum stood, zero elsewhere."""

    def __init__(self, pool, kernel, stride, padding):
        super().__init__()
        self.pool, self.geometry = pool, (kernel, stride, padding)

    def forward(self, x, pools):
        indices, shape = pools[self.pool]
        return F.max_unpool2d(x, indices, *self.geometry, output_size=shape[2:])


class MaskPool(nn.Module):
    """The same numbers without indices, for the compiler: pointwise over the k * k strided slices of x.

    Keeps which slice holds the first maximum of its window, one byte an element of y.
    """

    def __init__(self, name, kernel):
        super().__init__()
        self.name, self.kernel = name, kernel

    def forward(self, x, pools):
        k = self.kernel
        slices = [x[:, :, row::k, column::k] for row in range(k) for column in range(k)]
        with torch.no_grad():
            best, place = slices[0], torch.zeros_like(slices[0], dtype=torch.int8)
            for number, one in enumerate(slices[1:], start=1):
                place = torch.where(one > best, number, place).to(torch.int8)
                best = torch.maximum(one, best)
        y = slices[0]
        for number, one in enumerate(slices[1:], start=1):
            y = torch.where(place == number, one, y)
        pools[self.name] = place
        return y


class MaskUnpool(nn.Module):
    """The inverse of MaskPool: [N, C, h, w] to [N, C, k h, k w]."""

    def __init__(self, pool, kernel):
        super().__init__()
        self.pool, self.kernel = pool, kernel

    def forward(self, x, pools):
        k, place = self.kernel, pools[self.pool]
        numbers = torch.arange(k * k, device=x.device, dtype=torch.int8).reshape(1, 1, 1, k, 1, k)
        wide = torch.where(place[:, :, :, None, :, None] == numbers, x[:, :, :, None, :, None], 0)
        y = wide.reshape(x.shape[0], x.shape[1], k * x.shape[2], k * x.shape[3])
        return y.contiguous(memory_format=torch.channels_last) if channels_last(x) else y


def channels_last(x):
    return x.is_contiguous(memory_format=torch.channels_last)


REMEMBERING = (Layers, Residual, IndexPool, IndexUnpool, MaskPool, MaskUnpool)


def run(layer, x, pools):
    return layer(x, pools) if isinstance(layer, REMEMBERING) else layer(x)


class Softmax(nn.Module):
    """Over the channels, as `split` and `dim` part the last axis; channels-last, no element moves."""

    def __init__(self, groups=None, adjacent=None):
        super().__init__()
        self.split, self.dim = ((groups, -1), -2) if groups else ((-1, adjacent), -1) if adjacent else ((1, -1), -1)

    def forward(self, x):
        return x.movedim(1, -1).unflatten(-1, self.split).softmax(self.dim).flatten(-2).movedim(-1, 1)


class Slice(nn.Module):
    def __init__(self, start, count):
        super().__init__()
        self.start, self.count = start, count

    def forward(self, x):
        return x.narrow(1, self.start, self.count)


class Add(nn.Module):
    """The sum, each input times its constant."""

    def __init__(self, coefficients):
        super().__init__()
        self.coefficients = coefficients

    def forward(self, inputs):
        first, *factors = self.coefficients
        y = inputs[0] if first == 1 else first * inputs[0]
        for factor, x in zip(factors, inputs[1:], strict=True):
            y = torch.add(y, x, alpha=factor)
        return y


class Multiply(nn.Module):
    def forward(self, inputs):
        y = inputs[0]
        for x in inputs[1:]:
            y = y * x
        return y


class Concat(nn.Module):
    def forward(self, inputs):
        return torch.cat(inputs, dim=1)


class Mix(nn.Module):
    """The sum with learned coefficients: `weight` [inputs, channels], or [inputs], or its softmax over the inputs."""

    def __init__(self, start, channels, softmax):
        super().__init__()
        start = torch.tensor([float(value) for value in start])
        self.weight = nn.Parameter(start if channels is None else start[:, None].repeat(1, channels))
        self.softmax = softmax

    def forward(self, inputs):
        factors = self.weight.softmax(0) if self.softmax else self.weight
        if factors.dim() == 2:
            factors = factors.reshape(*factors.shape, *[1] * (inputs[0].dim() - 2))
        y = factors[0] * inputs[0]
        for factor, x in zip(factors[1:], inputs[1:]):
            y = torch.addcmul(y, factor, x)
        return y


class Attention(nn.Module):
    """Between the places of images q, k and v: of all, or of those of a window around each that lie in the image."""

    def __init__(self, heads, scale, window):
        super().__init__()
        self.heads, self.scale, self.window = heads, scale, window

    def forward(self, inputs):
        return self.near(*inputs) if self.window else self.everywhere(*inputs)

    def everywhere(self, q, k, v):
        size = q.shape[2:]
        q, k, v = (x.permute(0, 2, 3, 1).flatten(1, 2).unflatten(2, (self.heads, -1)).transpose(1, 2)
                   for x in (q, k, v))
        y = F.scaled_dot_product_attention(q, k, v, scale=self.scale)
        return y.transpose(1, 2).flatten(2).unflatten(1, size).permute(0, 3, 1, 2)

    def near(self, q, k, v):
        count, channels, *size = q.shape
        scale = (channels // self.heads) ** -0.5 if self.scale is None else self.scale
        k, v = (self.windows(x).unflatten(1, (self.heads, -1, self.window ** 2)) for x in (k, v))
        q = (scale * q).reshape(count, self.heads, -1, 1, size[0] * size[1])
        outside = self.windows(q.new_ones(1, 1, *size)).log()  # minus infinity there, 0 inside
        shares = ((q * k).sum(2) + outside).softmax(2)
        return (shares[:, :, None] * v).sum(3).reshape(count, -1, *size)

    def windows(self, x):
        """[N, C, H, W] to [N, C window^2, H W], zero outside."""
        return F.unfold(x, self.window, padding=self.window // 2)


class Builder:
    """Makes layers of a case; unpooling by "index" (nn.MaxUnpool2d's kernels) or by "mask".

    `wanted`: the names of the pools that are unpooled somewhere; `frozen`: whether batch norms are.
    """

    def __init__(self, unpool, wanted, frozen):
        self.unpool, self.wanted = unpool, wanted
        self.norm = FrozenBatchNorm if frozen else nn.BatchNorm2d
        self.geometries = {}

    def layers(self, specs, channels, path, first=0):
        """The layers, and the channels (features) that leave them; named by the path and numbers from `first`."""
        made, before = [], None
        for number, spec in enumerate(specs, first):
            layer, channels = self.layer(spec, channels, f"{path}.{number}")
            if before in ("batch_norm", "residual") and isinstance(layer, nn.ReLU):
                layer.inplace = True  # nobody else reads what these leave, themselves included
            made.append(layer)
            before = spec["layer"]
        return Layers(made), channels

    def block(self, specs, channels, path):
        """The same for a block that reads so many channels each; of several the first layer joins them."""
        if len(channels) == 1:
            return self.layers(specs, channels[0], path)
        join, joined = joining(specs[0], channels)
        rest, leaving = self.layers(specs[1:], joined, path, first=1)
        return Layers([join, *rest]), leaving

    def layer(self, spec, channels, path):
        kind = spec["layer"]
        if kind == "conv2d":
            return nn.Conv2d(channels, spec["out"], spec["kernel"], spec.get("stride", 1), spec.get("padding", 0),
                             spec.get("dilation", 1), spec.get("groups", 1), bias=spec.get("bias", True)), spec["out"]
        if kind == "conv_transpose2d":
            return nn.ConvTranspose2d(channels, spec["out"], spec["kernel"], spec.get("stride", 1),
                                      spec.get("padding", 0), bias=spec.get("bias", True)), spec["out"]
        if kind == "linear":
            return nn.Linear(channels, spec["out"], bias=spec.get("bias", True)), spec["out"]
        if kind == "batch_norm":
            return self.norm(channels, spec.get("eps", 1e-5), spec.get("momentum", 0.1)), channels
        if kind == "flatten":
            return nn.Flatten(), spec["features"]
        if kind == "slice":
            return Slice(spec["start"], spec["count"]), spec["count"]
        if kind == "pixel_shuffle":
            return nn.PixelShuffle(spec["scale"]), channels // spec["scale"] ** 2
        if kind == "residual":
            body, out = self.layers(spec["body"], channels, f"{path}.body")
            return Residual(body, self.layers(spec.get("shortcut", []), channels, f"{path}.shortcut")[0]), out
        if kind == "max_pool":
            return self.max_pool(spec, path), channels
        if kind == "max_unpool":
            return self.max_unpool(spec["pool"], path), channels
        return plain(kind, spec), channels

    def max_pool(self, spec, path):
        kernel, stride, padding = spec["kernel"], spec.get("stride", spec["kernel"]), spec.get("padding", 0)
        if path not in self.wanted:
            return nn.MaxPool2d(kernel, stride, padding)
        self.geometries[path] = kernel, stride, padding
        if self.unpool == "index":
            return IndexPool(path, kernel, stride, padding)
        if kernel != stride or padding:
            raise CaseError(f"the mask variant needs pools whose windows touch without padding; {path} has a kernel of "
                            f"{kernel}, stride {stride} and padding {padding}")
        return MaskPool(path, kernel)

    def max_unpool(self, pool, path):
        if pool not in self.geometries:
            raise CaseError(f"{path} (max_unpool) names the pool {pool!r}; before it are {sorted(self.geometries)}")
        geometry = self.geometries[pool]
        return IndexUnpool(pool, *geometry) if self.unpool == "index" else MaskUnpool(pool, geometry[0])


def joining(spec, channels):
    """The layer that joins values of these channels, and the channels that it leaves."""
    kind = spec["layer"]
    if kind == "add":
        return Add(spec.get("coefficients") or [1] * len(channels)), channels[0]
    if kind == "multiply":
        return Multiply(), max(channels)
    if kind == "concat":
        return Concat(), sum(channels)
    if kind == "mix":
        start = spec.get("start") or [1 / len(channels)] * len(channels)
        wide = channels[0] if spec.get("per", "channel") == "channel" else None
        return Mix(start, wide, spec.get("normalize") == "softmax"), channels[0]
    if kind == "attention":
        return Attention(spec.get("heads", 1), spec.get("scale"), spec.get("window")), channels[2]
    raise CaseError(f"the peers do not know how {kind!r} joins")


def plain(kind, spec):
    """Layers that leave the number of channels as it is."""
    if kind in ACTIVATIONS:
        return ACTIVATIONS[kind](spec)
    if kind == "softmax":
        return Softmax(spec.get("groups"), spec.get("adjacent"))
    if kind == "dropout":
        return nn.Dropout(spec.get("p", 0.5))
    if kind in ("upsample", "resize"):
        mode = spec.get("mode", "bilinear")
        size = {"scale_factor": spec["scale"]} if kind == "upsample" else {"size": tuple(spec["size"])}
        return nn.Upsample(**size, mode=mode, align_corners=None if mode == "nearest" else False)
    if kind == "avg_pool":
        return nn.AvgPool2d(spec["kernel"], spec.get("stride", spec["kernel"]), spec.get("padding", 0))
    if kind == "global_avg_pool":
        return nn.Sequential(nn.AdaptiveAvgPool2d(1), *[] if spec.get("keep", False) else [nn.Flatten()])
    raise CaseError(f"the peers do not know the layer {kind!r}")


def tie(layers, owner):
    """Puts the owner's modules that have parameters in the place of the layers' own."""
    for layer, lent in zip(layers, owner, strict=True):
        if isinstance(layer, Residual):
            tie(layer.body, lent.body)
            tie(layer.shortcut, lent.shortcut)
    layers.put([lent if holds(lent) and not isinstance(lent, Residual) else layer
                for layer, lent in zip(layers, owner)])


def holds(layer):
    """Whether it has parameters."""
    return next(layer.parameters(), None) is not None


def pools_of(specs):
    """The pools that are unpooled somewhere among these layers."""
    names = []
    for spec in specs:
        names += [spec["pool"]] if spec["layer"] == "max_unpool" else []
        names += pools_of(spec.get("body", [])) + pools_of(spec.get("shortcut", []))
    return names
