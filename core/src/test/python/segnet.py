#!/usr/bin/env python3
"""One step of segnet_vgg16 at 320 x 320 in float64: makes a case in a folder, with the trace that PyTorch comes to.

    python3 segnet.py OUT [--seed S] [--forward]

Near a relu's kink, or where two places of a pooling's window are almost equal, float32's rounding decides which way a
gradient goes; one such turn among 30 million changes whole tensors by a thousandth. So the step is chosen to have none:
batch norms start with a bias of 3, which leaves few places near a kink; the image repeats a tile of 32 x 32, so that most
windows occur many times; and the seed is one for which the nearest decision is further away than float32 errs. How far it
is is printed. `--forward` stops there.
"""
import argparse
import json
import pathlib

import torch
from torch import nn

import pytorch_step

TASKS = {"segmentation": {"loss": "cross_entropy", "classes": 13, "ignore": 255}, "depth": {"loss": "l1", "ignore": 0.0},
         "normals": {"loss": "cosine", "ignore": 0.0}}
CHANNELS = {"segmentation": 13, "depth": 1, "normals": 3}
SEED = 7


def make(folder, seed):
    torch.manual_seed(seed)
    heads = {task: [{"layer": "conv2d", "out": out, "kernel": 1}] for task, out in CHANNELS.items()}
    # Plain gradient descent: what a parameter moves by is its gradient; far enough that the parameter's rounding is nothing.
    case = {"name": "segnet", "model": {"network": "segnet_vgg16", "input": [3, 320, 320], "heads": heads}, "tasks": TASKS,
            "balance": {"method": "gradnorm", "alpha": 1.5}, "optimizer": {"method": "sgd", "lr": 1e6}, "steps": 1}
    network = pytorch_step.Network(case["model"])
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.constant_(module.bias, 3)
    batch = {"0.input.image": torch.randn(1, 3, 32, 32).repeat(1, 1, 10, 10),
             "0.target.segmentation": torch.randint(13, (1, 80, 80)),
             "0.target.depth": 1 + torch.rand(1, 1, 80, 80),
             "0.target.normals": nn.functional.normalize(torch.randn(1, 3, 80, 80), dim=1)}
    (folder / "case.json").write_text(json.dumps(case, indent=2) + "\n")
    pytorch_step.save(folder / "init.safetensors", network.state_dict())
    pytorch_step.save(folder / "batches.safetensors", batch)
    return network.double(), {name: value.double() if value.is_floating_point() else value
                              for name, value in batch.items()}


class Margins:
    """How near the nearest decisions are: of relus, of poolings, of the signs in the depth's loss; the shortest normal."""

    def __init__(self, network, depth):
        self.nearest = {}
        for module in network.modules():
            if isinstance(module, nn.ReLU):
                module.register_forward_hook(lambda m, inputs, y: self.note("relu", inputs[0].abs()))
            if isinstance(module, pytorch_step.Pool):
                module.register_forward_hook(lambda m, inputs, y: self.note("pool", self.gaps(inputs[0])))
        network.heads["depth"].register_forward_hook(lambda m, inputs, y: self.note("depth", (y - depth).abs()))
        network.heads["normals"].register_forward_hook(lambda m, inputs, y: self.note("normal", y.norm(dim=1)))

    def note(self, what, values):
        self.nearest[what] = min(self.nearest.get(what, float("inf")), values.min().item())

    @staticmethod
    def gaps(x):
        """Between the two largest of each window; where all are zeros behind a relu no gradient passes."""
        largest = x.detach().unfold(2, 2, 2).unfold(3, 2, 2).flatten(4).topk(2, dim=4).values
        alive = largest[largest[..., 0] > 0]
        return alive[:, 0] - alive[:, 1]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--forward", action="store_true")
    arguments = parser.parse_args()
    made, batch = make(arguments.out, arguments.seed)
    if arguments.forward:
        margins = Margins(made, batch["0.target.depth"])
        with torch.no_grad():
            made(batch["0.input.image"])
    else:
        watched = []
        pytorch_step.run(arguments.out, arguments.out, torch.float64,
                         lambda network: watched.append(Margins(network, batch["0.target.depth"])))
        margins = watched[0]
    print(json.dumps({"seed": arguments.seed, **margins.nearest}))
