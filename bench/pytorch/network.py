"""The network of a case as PyTorch modules: one trunk that all tasks share, one head a task.

Parameters have the case's names: trunk.I.weight, heads.TASK.I.weight, in a residual trunk.I.body.J.weight. Layers are
run with a dictionary beside their input, in which a pool leaves what the unpooling layer of its name needs.
"""
import torch
import torch.nn.functional as F
from torch import nn

from case import CaseError
from networks import written

ACTIVATIONS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}


class Layers(nn.Sequential):
    """Layers one behind the other."""

    def forward(self, x, pools):
        for layer in self:
            x = run(layer, x, pools)
        return x


class Residual(nn.Module):
    """body(x) + shortcut(x)."""

    def __init__(self, body, shortcut):
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x, pools):
        return self.body(x, pools) + self.shortcut(x, pools)


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


class Builder:
    """Makes modules of a case's layers; unpooling by "index" (nn.MaxUnpool2d's kernels) or by "mask"."""

    def __init__(self, unpool, model):
        self.unpool = unpool
        self.wanted = {name for layers in [model["trunk"], *model["heads"].values()] for name in pools_of(layers)}
        self.geometries = {}

    def layers(self, specs, channels, path):
        """The layers, and the channels (features) that leave them. The path is what their names begin with."""
        made = []
        for number, spec in enumerate(specs):
            layer, channels = self.layer(spec, channels, f"{path}.{number}")
            made.append(layer)
        return Layers(*made), channels

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
            return nn.BatchNorm2d(channels, spec.get("eps", 1e-5), spec.get("momentum", 0.1)), channels
        if kind == "flatten":
            return nn.Flatten(), spec["features"]
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


def plain(kind, spec):
    """Layers that leave the number of channels as it is."""
    if kind in ACTIVATIONS:
        return ACTIVATIONS[kind]()
    if kind == "upsample":
        mode = spec.get("mode", "bilinear")
        return nn.Upsample(scale_factor=spec["scale"], mode=mode, align_corners=None if mode == "nearest" else False)
    if kind == "avg_pool":
        return nn.AvgPool2d(spec["kernel"], spec.get("stride", spec["kernel"]), spec.get("padding", 0))
    if kind == "global_avg_pool":
        return nn.Sequential(nn.AdaptiveAvgPool2d(1), *[] if spec.get("keep", False) else [nn.Flatten()])
    raise CaseError(f"the peers do not know the layer {kind!r}")


def pools_of(specs):
    """The pools that are unpooled somewhere among these layers."""
    names = []
    for spec in specs:
        names += [spec["pool"]] if spec["layer"] == "max_unpool" else []
        names += pools_of(spec.get("body", [])) + pools_of(spec.get("shortcut", []))
    return names


def unpools(model):
    """Whether the network upsamples through the indices of its pools."""
    model = written(model)
    return any(pools_of(layers) for layers in [model["trunk"], *model["heads"].values()])


class Network(nn.Module):
    """trunk and heads; `shared` is W, the parameter that GradNorm measures on, `shared_name` its name."""

    def __init__(self, model, unpool="index"):
        super().__init__()
        model = written(model)
        builder = Builder(unpool, model)
        self.trunk, channels = builder.layers(model["trunk"], model["input"][0], "trunk")
        self.heads = nn.ModuleDict({task: builder.layers(head, channels, f"heads.{task}")[0]
                                    for task, head in model["heads"].items()})
        self.shared_name = model.get("shared") or last_weight(self.trunk)
        self.shared = dict(self.named_parameters())[self.shared_name]

    def forward(self, image):
        """{task: prediction}"""
        pools = {}
        features = self.trunk(image, pools)
        return {task: head(features, pools) for task, head in self.heads.items()}


def last_weight(trunk):
    kinds = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
    return [f"trunk.{name}.weight" for name, module in trunk.named_modules() if isinstance(module, kinds)][-1]
