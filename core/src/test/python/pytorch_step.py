#!/usr/bin/env python3
"""A case's steps in plain PyTorch: the networks with unpooling and transposed convolutions, and the two by name.

    python3 pytorch_step.py CASE OUT [--dtype float64]

Reads CASE/case.json, init.safetensors and batches.safetensors; writes OUT/trace.jsonl and OUT/final.safetensors, as the
reference does and by the same definition: for each task the norm of the gradient of w_i L_i on W by autograd.grad, then
one backward pass of the weighted sum. It needs torch alone.
"""
import argparse
import ctypes
import json
import pathlib
import struct

import torch
import torch.nn.functional as F
from torch import nn

torch.backends.nnpack.set_flags(False)  # it would warn at every convolution that it does not know the processor
TYPES = {"F64": torch.float64, "F32": torch.float32, "I64": torch.int64}


# ---------------------------------------------------------------------------------- safetensors

def save(path, tensors):
    """Eight bytes of header length, a JSON header, the tensors' bytes, all little-endian."""
    names = {kind: name for name, kind in TYPES.items()}
    header, parts, at = {}, [], 0
    for name, tensor in tensors.items():
        tensor = tensor.detach().contiguous()
        size = tensor.numel() * tensor.element_size()
        header[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [at, at + size]}
        parts.append(ctypes.string_at(tensor.data_ptr(), size))
        at += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))


def load(path):
    raw = bytearray(pathlib.Path(path).read_bytes())
    start = 8 + struct.unpack_from("<Q", raw)[0]
    header = json.loads(raw[8:start])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        flat = torch.frombuffer(raw, dtype=TYPES[entry["dtype"]], offset=start + begin,
                                count=(end - begin) // TYPES[entry["dtype"]].itemsize)
        tensors[name] = flat.reshape(entry["shape"]).clone()
    return tensors


# ---------------------------------------------------------------------------------- the named networks

def convolve(out, kernel=3, stride=1):
    return [{"layer": "conv2d", "out": out, "kernel": kernel, "stride": stride, "padding": kernel // 2, "bias": False},
            {"layer": "batch_norm"}]


RELU = {"layer": "relu"}


def segnet_vgg16(output):
    """VGG16's stages, and the same backwards; a mirrored stage ends with the channels that the stage began with."""
    stages = [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]
    trunk, pools, incoming = [], [], []
    channels = 64
    for width, count in stages:
        incoming.append(channels)
        for _ in range(count):
            trunk += convolve(width) + [RELU]
        pools.append(f"trunk.{len(trunk)}")
        trunk.append({"layer": "max_pool", "kernel": 2})
        channels = width
    for stage in range(4, 1 if output == "quarter" else -1, -1):
        width, count = stages[stage]
        trunk.append({"layer": "max_unpool", "pool": pools[stage]})
        for out in [width] * (count - 1) + [incoming[stage]]:
            trunk += convolve(out) + [RELU]
    return trunk


def resnet50_fcn():
    """Three stages of ResNet-50, strides in their last units, one more of 1024 channels; three learned doublings."""
    trunk = convolve(64, 7, 2) + [RELU, {"layer": "max_pool", "kernel": 3, "stride": 2, "padding": 1}]
    for stage, (width, units) in enumerate([(64, 3), (128, 4), (256, 6), (256, 3)]):
        for unit in range(units):
            halves = stage < 3 and unit + 1 == units
            body = convolve(width, 1) + [RELU] + convolve(width, 3, 2 if halves else 1) + [RELU] + convolve(4 * width, 1)
            shortcut = [{"layer": "max_pool", "kernel": 1, "stride": 2}] if halves else []
            if unit == 0 and stage < 3:
                shortcut = convolve(4 * width, 1)
            trunk += [{"layer": "residual", "body": body, "shortcut": shortcut}, RELU]
    trunk += convolve(256, 1) + [RELU]
    for width in (256, 128, 64):
        trunk += [{"layer": "conv_transpose2d", "out": width, "kernel": 4, "stride": 2, "padding": 1, "bias": False},
                  {"layer": "batch_norm"}, RELU,
                  {"layer": "residual", "body": convolve(width) + [RELU] + convolve(width)}, RELU]
    return trunk


def trunk_of(model):
    if model.get("network") == "segnet_vgg16":
        return segnet_vgg16(model.get("output", "quarter"))
    return resnet50_fcn() if model.get("network") == "resnet50_fcn" else model["trunk"]


# ---------------------------------------------------------------------------------- layers

class Pool(nn.MaxPool2d):
    """Remembers where its last maxima were, and how large its input was."""

    def __init__(self, kernel, stride, padding):
        super().__init__(kernel, stride, padding, return_indices=True)

    def forward(self, x):
        y, self.indices = super().forward(x)
        self.size = x.shape[2:]
        return y


class Unpool(nn.Module):
    def __init__(self, pool):
        super().__init__()
        self.pools = [pool]  # in a list: the pooling is no part of this module

    def forward(self, x):
        pool = self.pools[0]
        flat = x.new_zeros(*x.shape[:2], pool.size.numel())
        return flat.scatter(2, pool.indices.flatten(2), x.flatten(2)).unflatten(2, pool.size)


class Residual(nn.Module):
    def __init__(self, body, shortcut):
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


def layer(spec, channels, name, pools):
    """A layer and the channels that leave it; `pools` has the poolings so far by name."""
    kind = spec["layer"]
    if kind == "conv2d":
        return nn.Conv2d(channels, spec["out"], spec["kernel"], spec.get("stride", 1), spec.get("padding", 0),
                         bias=spec.get("bias", True)), spec["out"]
    if kind == "conv_transpose2d":
        return nn.ConvTranspose2d(channels, spec["out"], spec["kernel"], spec.get("stride", 1), spec.get("padding", 0),
                                  bias=spec.get("bias", True)), spec["out"]
    if kind == "batch_norm":
        return nn.BatchNorm2d(channels), channels
    if kind == "relu":
        return nn.ReLU(), channels
    if kind == "max_pool":
        pools[name] = Pool(spec["kernel"], spec.get("stride", spec["kernel"]), spec.get("padding", 0))
        return pools[name], channels
    if kind == "max_unpool":
        return Unpool(pools[spec["pool"]]), channels
    if kind == "concat":  # what a block reads is side by side already
        return nn.Identity(), channels
    if kind == "upsample":
        return nn.Upsample(scale_factor=spec["scale"], mode="bilinear", align_corners=False), channels
    if kind == "residual":
        body, out = layers(spec["body"], channels, f"{name}.body", pools)
        return Residual(body, layers(spec.get("shortcut", []), channels, f"{name}.shortcut", pools)[0]), out
    raise ValueError(f"unknown layer {kind!r}")


def layers(specs, channels, name, pools):
    made = []
    for place, spec in enumerate(specs):
        module, channels = layer(spec, channels, f"{name}.{place}", pools)
        made.append(module)
    return nn.Sequential(*made), channels


class Blocks(nn.Module):
    """Named blocks, each of which reads one before it or joins several; one with `weights` is the very block it names."""

    def __init__(self, model):
        super().__init__()
        pools, channels = {}, {"input": model["input"][0]}
        self.specs, self.outputs = model["blocks"], model["outputs"]
        for name, spec in self.specs.items():
            read = sum(channels[source] for source in self.sources(spec))
            if "weights" in spec:
                channels[name] = channels[spec["weights"]]
            else:
                block, channels[name] = layers(spec["layers"], read, name, pools)
                self.add_module(name, block)
        self.shared = [dict(self.named_parameters())[model["shared"]]]  # in a list: no parameter once more

    @staticmethod
    def sources(spec):
        return [spec["from"]] if isinstance(spec["from"], str) else spec["from"]

    def forward(self, x):
        values = {"input": x}
        for name, spec in self.specs.items():
            block = self.get_submodule(spec.get("weights", name))
            values[name] = block(torch.cat([values[source] for source in self.sources(spec)], 1))
        return {task: values[predicting] for task, (predicting,) in self.outputs.items()}


def network_of(model):
    """With `batch_norm` "frozen" every batch norm is as in evaluation, in training too."""
    network = Blocks(model) if "blocks" in model else Network(model)
    if model.get("batch_norm") == "frozen":
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
    return network


class Network(nn.Module):
    def __init__(self, model):
        super().__init__()
        pools = {}
        self.trunk, features = layers(trunk_of(model), model["input"][0], "trunk", pools)
        self.heads = nn.ModuleDict({task: layers(head, features, f"heads.{task}", pools)[0]
                                    for task, head in model["heads"].items()})
        weights = [f"trunk.{name}.weight" for name, module in self.trunk.named_modules()
                   if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d))]
        self.shared = dict(self.named_parameters())[model.get("shared", weights[-1])]

    def forward(self, x):
        z = self.trunk(x)
        return {task: head(z) for task, head in self.heads.items()}


# ---------------------------------------------------------------------------------- the step

def loss_of(spec, prediction, target):
    """The mean over labelled places."""
    if spec["loss"] == "cross_entropy":
        return F.cross_entropy(prediction, target, ignore_index=spec.get("ignore", -100))
    labelled = (target != spec.get("ignore", float("nan"))).any(dim=1, keepdim=True)
    if spec["loss"] == "cosine":
        cosine = (F.normalize(prediction, dim=1, eps=1e-6) * target).sum(dim=1, keepdim=True)
        return (1 - cosine)[labelled].mean()
    if spec.get("normalize"):
        prediction = prediction / (prediction.norm(dim=1, keepdim=True) + 1e-12)
    if spec["loss"] == "binary_cross_entropy":
        values, truth = prediction[labelled.expand_as(target)], target[labelled.expand_as(target)]
        weight = 1 - (truth >= 0.5).to(truth.dtype).mean()
        return (weight * truth * F.softplus(-values) + (1 - weight) * (1 - truth) * F.softplus(values)).mean()
    difference = (prediction - target)[labelled.expand_as(target)]
    return {"l1": difference.abs(), "l2": difference ** 2}[spec["loss"]].mean()


class GradNorm:
    """arXiv 1711.02257, algorithm 1, with Adam on the weights."""

    def __init__(self, count, spec, dtype):
        self.alpha, self.rate = spec.get("alpha", 1.5), spec.get("lr", 0.025)
        self.weights = torch.ones(count, dtype=dtype)
        self.first = None
        self.moments = torch.zeros(2, count, dtype=dtype)
        self.steps = 0

    def step(self, losses, norms):
        self.first = losses if self.first is None else self.first
        scaled, ratio = self.weights * norms, losses / self.first
        gradient = torch.sign(scaled - scaled.mean() * (ratio / ratio.mean()) ** self.alpha) * norms
        self.steps += 1
        self.moments[0] = 0.9 * self.moments[0] + 0.1 * gradient
        self.moments[1] = 0.999 * self.moments[1] + 0.001 * gradient ** 2
        mean, square = self.moments[0] / (1 - 0.9 ** self.steps), self.moments[1] / (1 - 0.999 ** self.steps)
        moved = (self.weights - self.rate * mean / (square.sqrt() + 1e-8)).clamp(min=1e-4)
        self.weights = moved * len(moved) / moved.sum()


def optimizer_of(spec, parameters):
    if spec["method"] == "sgd":
        return torch.optim.SGD(parameters, lr=spec["lr"])
    return torch.optim.Adam(parameters, lr=spec["lr"])


def run(case_folder, out_folder, dtype, watch=lambda network: None):
    """The whole case; `watch` is given the network before the first step."""
    case_folder, out_folder = pathlib.Path(case_folder), pathlib.Path(out_folder)
    case = json.loads((case_folder / "case.json").read_text())
    tasks = case["tasks"]

    def cast(tensor):
        return tensor.to(dtype) if tensor.is_floating_point() else tensor

    network = network_of(case["model"]).to(dtype)
    network.load_state_dict({name: cast(value) for name, value in load(case_folder / "init.safetensors").items()})
    watch(network)
    batches = load(case_folder / "batches.safetensors")
    count = 1 + max(int(name.split(".")[0]) for name in batches)
    optimizer = optimizer_of(case["optimizer"], network.parameters())
    balance = GradNorm(len(tasks), case["balance"], dtype)
    with open(out_folder / "trace.jsonl", "w") as trace:
        for k in range(case["steps"]):
            predictions = network(cast(batches[f"{k % count}.input.image"]))
            losses = [loss_of(spec, predictions[task], cast(batches[f"{k % count}.target.{task}"]))
                      for task, spec in tasks.items()]
            norms = torch.stack([torch.autograd.grad(loss, network.shared, retain_graph=True)[0].norm()
                                 for loss in losses])
            losses, weights = torch.stack(losses), balance.weights
            total = (weights * losses).sum()
            optimizer.zero_grad()
            total.backward()
            balance.step(losses.detach(), norms)
            optimizer.step()
            figures = {"loss": losses, "weight": weights, "grad_norm": weights * norms}
            line = {name: dict(zip(tasks, values.tolist())) for name, values in figures.items()}
            trace.write(json.dumps({"step": k, **line, "total": total.item()}) + "\n")
    save(out_folder / "final.safetensors", {name: value.float() if value.is_floating_point() else value
                                            for name, value in network.state_dict().items()})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case")
    parser.add_argument("out")
    parser.add_argument("--dtype", default="float64", choices=["float32", "float64"])
    arguments = parser.parse_args()
    run(arguments.case, arguments.out, getattr(torch, arguments.dtype))
