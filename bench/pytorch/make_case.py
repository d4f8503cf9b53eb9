#!/usr/bin/env python3
"""Writes a case folder with random start values and batches: never zeros.

    python3 make_case.py NETWORK FOLDER [--output quarter|full] [--batch 24] [--size 320] [--thin N]
    python3 make_case.py CONFIG FOLDER --model MODEL [--batch N]

NETWORK is one of the paper's by name. CONFIG is a configuration of Gimbal's (JSON), of which the tasks, the balancing,
the optimiser and the batch count; MODEL its network block by block, as `gimbal plan CONFIG --write-model MODEL` has it.
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


def started(model, seed=1):
    """A network with the start values that a case is given."""
    torch.manual_seed(seed)
    network = Network(model)
    for parameter in network.parameters():
        if parameter.dim() == 4:
            torch.nn.init.kaiming_normal_(parameter, nonlinearity="relu")
    return network


def predicted(model):
    """{task: the shape of its prediction for one image}, without computing any."""
    with torch.device("meta"), torch.no_grad():
        predictions = Network(model)(torch.empty(2, *model["input"]))
    return {task: tuple(each[0].shape[1:]) for task, each in predictions.items()}


def batches(described, shapes, batch, random, count=BATCHES):
    """What batches.safetensors holds, for tasks whose predictions have those shapes."""
    tensors = {}
    for number in range(count):
        tensors[f"{number}.input.image"] = torch.randn(batch, *described["model"]["input"], generator=random)
        for task, spec in described["tasks"].items():
            tensors[f"{number}.target.{task}"] = target(spec, shapes[task], batch, random)
    return tensors


def target(spec, shape, batch, random):
    """A task's target for a batch of predictions of that shape."""
    channels, *places = shape
    ignore = spec.get("ignore")
    hidden = torch.rand(batch, 1, *places, generator=random) < (0 if ignore is None else UNLABELLED)
    ignore = 0 if ignore is None else ignore
    if spec["loss"] == "cross_entropy":
        classes = torch.randint(spec.get("classes", channels), (batch, *places), generator=random)
        return classes.masked_fill(hidden[:, 0], int(ignore))
    if spec["loss"] == "binary_cross_entropy":
        return torch.randint(2, (batch, *shape), generator=random).float().masked_fill(hidden, ignore)
    values = torch.randn(batch, *shape, generator=random)
    values = F.normalize(values, dim=1) if spec["loss"] == "cosine" else values.abs() + 0.1
    return values.masked_fill(hidden, ignore)


def configured(file, model):
    """The case of a configuration, and the batch that it names."""
    config = json.loads(file.read_text())
    tasks = {task: {key: value for key, value in spec.items() if key != "target"}
             for task, spec in config["tasks"].items()}
    described = {"name": config.get("name", file.stem), "model": json.loads(model.read_text()), "tasks": tasks,
                 "balance": config.get("balance", {"method": "equal"}), "optimizer": config.get("optimizer", {}),
                 "steps": 10}
    return described, config.get("data", {}).get("batch", 8)


def write(folder, described, initial, tensors):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case.json").write_text(json.dumps(described, indent=1) + "\n")
    write_tensors(folder / "init.safetensors", initial)
    write_tensors(folder / "batches.safetensors", tensors)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", metavar="NETWORK|CONFIG", help=f"{', '.join(networks.NAMES)}, or a file")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--model", type=pathlib.Path)
    parser.add_argument("--output", choices=["quarter", "full"], default="quarter")
    parser.add_argument("--batch", type=int)
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--thin", type=int, default=1)
    args = parser.parse_args()
    if args.model:
        described, batch = configured(pathlib.Path(args.network), args.model)
        batch = args.batch or batch
    else:
        described, batch = named(args, parser)
    model = described["model"]
    random = torch.Generator().manual_seed(2)
    write(args.folder, described, started(model).state_dict(), batches(described, predicted(model), batch, random))


def named(args, parser):
    """The case of a network by name, and its batch."""
    if args.network not in networks.NAMES:
        parser.error(f"{args.network!r} is none of {', '.join(networks.NAMES)}; a configuration comes with --model")
    if args.network == "resnet50_fcn" and args.output == "full":
        parser.error("resnet50_fcn leaves a quarter of the input's height and width only")
    if args.size % 32:
        parser.error(f"--size is {args.size}; the networks halve images five times, so it must be a multiple of 32")
    batch = args.batch or 24
    return networks.case(args.network, args.output, batch, args.size, args.thin), batch


if __name__ == "__main__":
    main()
