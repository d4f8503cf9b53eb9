#!/usr/bin/env python3
"""Writes a case folder of one of the paper's networks, with random start values and batches: never zeros.

    python3 make_case.py NETWORK FOLDER [--output quarter|full] [--batch 24] [--size 320] [--thin N]

Images are normal, 10 % of the places carry no label. The folder has no trace.
"""
import argparse
import json
import pathlib

import torch
import torch.nn.functional as F

import networks
from case import write_tensors
from network import Network

BATCHES = 4
UNLABELLED = 0.1


def targets(tasks, side, batch, random):
    """Targets of `side` times `side` places, [batch, ...]."""
    made = {}
    for task, spec in tasks.items():
        hidden = torch.rand(batch, 1, side, side, generator=random) < UNLABELLED
        if spec["loss"] == "cross_entropy":
            classes = torch.randint(spec["classes"], (batch, side, side), generator=random)
            made[task] = classes.masked_fill(hidden[:, 0], spec["ignore"])
            continue
        values = torch.randn(batch, networks.CHANNELS[task], side, side, generator=random)
        values = F.normalize(values, dim=1) if spec["loss"] == "cosine" else values.abs() + 0.1
        made[task] = values.masked_fill(hidden, spec["ignore"])
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", choices=networks.NAMES)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--output", choices=["quarter", "full"], default="quarter")
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--thin", type=int, default=1)
    args = parser.parse_args()
    if args.network == "resnet50_fcn" and args.output == "full":
        parser.error("resnet50_fcn leaves a quarter of the input's height and width only")
    if args.size % 32:
        parser.error(f"--size is {args.size}; the networks halve images five times, so it must be a multiple of 32")
    torch.manual_seed(1)
    random = torch.Generator().manual_seed(2)
    described = networks.case(args.network, args.output, args.batch, args.size, args.thin)
    network = Network(described["model"])
    for parameter in network.parameters():
        if parameter.dim() == 4:
            torch.nn.init.kaiming_normal_(parameter, nonlinearity="relu")
    initial = {name: value.clone() for name, value in network.state_dict().items()}
    side = networks.left(args.output, args.size)
    tensors = {}
    for number in range(BATCHES):
        tensors[f"{number}.input.image"] = torch.randn(args.batch, *described["model"]["input"], generator=random)
        made = targets(described["tasks"], side, args.batch, random)
        tensors.update({f"{number}.target.{task}": target for task, target in made.items()})
    args.folder.mkdir(parents=True, exist_ok=True)
    (args.folder / "case.json").write_text(json.dumps(described, indent=1) + "\n")
    write_tensors(args.folder / "init.safetensors", initial)
    write_tensors(args.folder / "batches.safetensors", tensors)


if __name__ == "__main__":
    main()
