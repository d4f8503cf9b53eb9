#!/usr/bin/env python3
"""Makes the cases with layers that the reference does not have, with the trace that pytorch_step.py comes to.

    python3 make_cases.py core/src/test/resources/cases [CASE ...]
"""
import json
import pathlib
import sys

import torch

import pytorch_step
from pytorch_step import RELU

NORM, POOL = {"layer": "batch_norm"}, {"layer": "max_pool", "kernel": 2}
CLASSES = {"loss": "cross_entropy", "classes": 5, "ignore": 255}


def conv(out, kernel=3, **more):
    return {"layer": "conv2d", "out": out, "kernel": kernel, "padding": kernel // 2, **more}


def up(out, kernel, stride, padding, **more):
    return {"layer": "conv_transpose2d", "out": out, "kernel": kernel, "stride": stride, "padding": padding, **more}


def unpool(pool):
    return {"layer": "max_unpool", "pool": pool}


UP = {"layer": "upsample", "scale": 2}
FROZEN = [conv(6, bias=False), NORM, RELU, conv(8, bias=False), NORM, RELU, POOL,
          {"layer": "residual", "body": [conv(8, bias=False), NORM, RELU, conv(8, bias=False), NORM]}, RELU, unpool("trunk.6"),
          conv(6, bias=False), NORM, RELU]


def thin_segnet():
    """The paper's SegNet to a quarter of the input's size, with a sixteenth of its channels."""
    trunk = pytorch_step.segnet_vgg16("quarter")
    return [{**spec, "out": spec["out"] // 16} if "out" in spec else spec for spec in trunk]


# Without the seed, that of the name. In a deep network float32's rounding may turn a relu or a pooling over, from where on
# no two computations stay together; with this seed none is that near to turning.
SEEDS = {"segnet_thin": 1274}

CASES = {
    "segnet_thin": {
        "model": {"input": [3, 64, 64], "trunk": thin_segnet(),
                  "heads": {"segmentation": [conv(13, 1)], "depth": [conv(1, 1)], "normals": [conv(3, 1)]}},
        "tasks": {"segmentation": {"loss": "cross_entropy", "classes": 13, "ignore": 255},
                  "depth": {"loss": "l1", "ignore": 0.0}, "normals": {"loss": "cosine", "ignore": 0.0}},
        "optimizer": {"method": "sgd", "lr": 3e-3}, "steps": 3},
    # Sides that the windows do not divide, windows that leave gaps, W below an unpooling, unpooling in a head.
    "unpool": {
        "model": {"input": [2, 13, 11], "shared": "trunk.5.weight",
                  "trunk": [conv(6, bias=False), NORM, RELU, {"layer": "max_pool", "kernel": 2, "stride": 3, "padding": 1},
                            POOL, conv(6), RELU, unpool("trunk.4"), conv(6), RELU],
                  "heads": {"a": [unpool("trunk.3"), conv(5, 1)], "b": [POOL, conv(6), unpool("heads.b.0"), conv(3)],
                            "c": [conv(1)]}},
        "tasks": {"a": CLASSES, "b": {"loss": "l2"}, "c": {"loss": "l1"}},
        "optimizer": {"method": "adam", "lr": 1e-3}, "steps": 12},
    # W is a transposed convolution's weight; its 5 channels are not whole packs. Others in the heads.
    "transposed": {
        "model": {"input": [3, 12, 10],
                  "trunk": [conv(8, stride=2, bias=False), NORM, RELU, up(5, 4, 2, 1, bias=False), NORM, RELU],
                  "heads": {"a": [up(5, 3, 1, 1)], "b": [conv(4), RELU, up(2, 2, 2, 0, bias=False)],
                            "c": [up(1, 3, 2, 2)]}},
        "tasks": {"a": CLASSES, "b": {"loss": "l2"}, "c": {"loss": "l1"}},
        "optimizer": {"method": "adam", "lr": 1e-3}, "steps": 12},
    # W is a transposed convolution's bias; a further one lies above it, where the cotangents are stacked by task.
    "transposed_bias": {
        "model": {"input": [2, 8, 8], "shared": "trunk.2.bias",
                  "trunk": [conv(4, stride=2), RELU, up(6, 2, 2, 0), RELU, up(4, 3, 1, 0), RELU],
                  "heads": {"a": [conv(5, 1)], "b": [conv(2)]}},
        "tasks": {"a": CLASSES, "b": {"loss": "l1"}},
        "optimizer": {"method": "sgd", "lr": 0.05}, "steps": 12},
    # One task alone: its norm is still measured on a transposed convolution.
    "transposed_alone": {
        "model": {"input": [1, 5, 7], "trunk": [up(3, 5, 3, 1)], "heads": {"a": [conv(5, 1)]}},
        "tasks": {"a": CLASSES}, "optimizer": {"method": "sgd", "lr": 0.05}, "steps": 5},
    # The survey's losses of normals, edges and saliency, the latter two of logits that are upsampled in the end, and of several channels.
    "survey_losses": {
        "model": {"input": [3, 12, 16], "trunk": [conv(8, stride=2, bias=False), NORM, RELU],
                  "heads": {"normals": [conv(3, 1), UP], "near": [UP, conv(3)], "edge": [conv(1, 1), UP],
                            "saliency": [UP, conv(2)]}},
        "tasks": {"normals": {"loss": "l1", "normalize": True, "ignore": 0.0},
                  "near": {"loss": "l1", "normalize": True},
                  "edge": {"loss": "binary_cross_entropy", "positive_weight": "batch", "ignore": 255.0},
                  "saliency": {"loss": "binary_cross_entropy", "positive_weight": "batch"}},
        "optimizer": {"method": "sgd", "lr": 0.02}, "steps": 12},
    # Batch norms that are frozen, with all that may be done in their pass: nothing, relu, an addition, pooling, unpooling. W is a
    # convolution's, so that the normalisations behind it have each task's cotangent.
    "frozen": {
        "model": {"input": [3, 17, 14], "batch_norm": "frozen", "shared": "trunk.10.weight", "trunk": FROZEN,
                  "heads": {"a": [conv(5, 1)], "b": [conv(6, bias=False), NORM, RELU, conv(2, 1)], "c": [NORM, conv(1)]}},
        "tasks": {"a": CLASSES, "b": {"loss": "l2"}, "c": {"loss": "l1"}},
        "optimizer": {"method": "adam", "lr": 1e-3}, "steps": 12},
    # W is a frozen batch norm's weight, and another behind it has rows.
    "frozen_shared": {
        "model": {"input": [3, 17, 14], "batch_norm": "frozen", "shared": "trunk.11.weight", "trunk": [*FROZEN, conv(7), NORM, RELU],
                  "heads": {"a": [conv(5, 1)], "b": [conv(2, 1)]}},
        "tasks": {"a": CLASSES, "b": {"loss": "l2"}},
        "optimizer": {"method": "sgd", "lr": 0.01}, "steps": 12},
    # Two uses of the same frozen batch norms.
    "frozen_tied": {
        "model": {"input": [3, 10, 12], "batch_norm": "frozen", "shared": "stem.0.weight", "blocks": {
            "stem": {"from": "input", "layers": [conv(6, bias=False), NORM, RELU]},
            "one": {"from": "stem", "layers": [conv(6, bias=False), NORM, RELU]},
            "two": {"from": "one", "weights": "one"},
            "both": {"from": ["one", "two"], "layers": [{"layer": "concat"}, conv(2, 1)]},
            "class": {"from": "two", "layers": [conv(5, 1)]}},
            "outputs": {"a": ["class"], "b": ["both"]}},
        "tasks": {"a": CLASSES, "b": {"loss": "l2"}},
        "optimizer": {"method": "sgd", "lr": 0.02}, "steps": 12},
}


def targets(spec, shape, random):
    if spec["loss"] == "cross_entropy":
        classes = torch.randint(spec["classes"], (shape[0], *shape[2:]), generator=random)
        unlabelled = torch.rand(classes.shape, generator=random) < 0.1
        return torch.where(unlabelled, spec["ignore"], classes) if "ignore" in spec else classes
    values = torch.randn(shape, generator=random)
    if spec["loss"] == "cosine" or "normalize" in spec:
        values = torch.nn.functional.normalize(values, dim=1)
    if spec["loss"] == "binary_cross_entropy":
        values = (values > 1).float()
    unlabelled = torch.rand((shape[0], 1, *shape[2:]), generator=random) < 0.1
    return torch.where(unlabelled, spec["ignore"], values) if "ignore" in spec else values


def make(folder, name, case, batch=3, batches=2):
    seed = SEEDS.get(name, sum(name.encode()))
    torch.manual_seed(seed)
    random = torch.Generator().manual_seed(seed)
    case = {"name": name, **case, "balance": {"method": "gradnorm", "alpha": 1.5}}
    network = pytorch_step.network_of(case["model"])
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.weight, 1, 0.2)
            torch.nn.init.normal_(module.bias, 0, 0.2)
    tensors = {}
    for k in range(batches):
        image = torch.randn(batch, *case["model"]["input"], generator=random)
        tensors[f"{k}.input.image"] = image
        for task, prediction in network(image).items():
            tensors[f"{k}.target.{task}"] = targets(case["tasks"][task], prediction.shape, random)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.reset_running_stats()
            if not module.training:
                torch.nn.init.normal_(module.running_mean, 0, 0.3)
                torch.nn.init.uniform_(module.running_var, 0.3, 1.5)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case.json").write_text(json.dumps(case, indent=2) + "\n")
    pytorch_step.save(folder / "init.safetensors", network.state_dict())
    pytorch_step.save(folder / "batches.safetensors", tensors)
    pytorch_step.run(folder, folder, torch.float64)


if __name__ == "__main__":
    for each in sys.argv[2:] or CASES:
        made = CASES[each]
        make(pathlib.Path(sys.argv[1]) / each, each, made)
