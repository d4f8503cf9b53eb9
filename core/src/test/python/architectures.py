#!/usr/bin/env python3
"""Steps of networks written as blocks, in float64: a case of each, with the trace and the end that PyTorch comes to.

    python3 architectures.py FOLDER [--seeds N]

FOLDER holds NAME.json with `model` and `tasks`; FOLDER/NAME becomes the case: two steps of GradNorm, batches of 3,
without dropout, whose random numbers are Gimbal's own. Near a relu's kink float32's rounding decides which way a
gradient goes, and deep networks of random weights have many places near one: so batch norms begin with biases of 2, and
the seed is one with which float32 PyTorch keeps to float64 within 5e-5. `--seeds` tries the first N seeds, prints how
far float32 is off with each, and makes no case.
"""
import argparse
import json
import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[4] / "bench" / "pytorch"))

import make_case  # noqa: E402
import twin  # noqa: E402
from case import Case, to_batches, write_tensors  # noqa: E402
from gate import check  # noqa: E402

STEPS, BATCH, BATCHES = 2, 3, 2
BALANCE = {"method": "gradnorm", "alpha": 1.5}
OPTIMIZER = {"method": "sgd", "lr": 1e-4, "momentum": 0.9}
SEED = 2


def without_dropout(part):
    """The same part of a description, every dropout's share 0."""
    if isinstance(part, list):
        return [without_dropout(one) for one in part]
    if not isinstance(part, dict):
        return part
    changed = {key: without_dropout(value) for key, value in part.items()}
    return changed | {"p": 0.0} if part.get("layer") == "dropout" else changed


def made(file, seed):
    read = json.loads(file.read_text())
    described = {"name": file.stem, "model": without_dropout(read["model"]), "tasks": read["tasks"],
                 "balance": BALANCE, "optimizer": OPTIMIZER, "steps": STEPS}
    model = described["model"]
    initial = make_case.started(model, seed).state_dict()
    random = torch.Generator().manual_seed(1000 + seed)
    tensors = make_case.batches(described, make_case.predicted(model), BATCH, random, BATCHES)
    case = Case(file.stem, described, initial, to_batches(tensors, read["tasks"], file), [])
    case.initial = case.calm
    return case, tensors


def write(folder, case, tensors):
    lines, network = twin.run(case, STEPS, BALANCE)
    make_case.write(folder, case.description, case.initial, tensors)
    (folder / "trace.jsonl").write_text("".join(json.dumps({"step": step, **line}) + "\n"
                                                for step, line in enumerate(lines)))
    write_tensors(folder / "final.safetensors", network.float().state_dict())


def deviations(case):
    """How far float32 is off: of each figure, and the farthest parameter."""
    (exact, fine), (rounded, coarse) = (twin.run(case, STEPS, BALANCE, kind=kind)
                                        for kind in (torch.float64, torch.float32))
    ends = coarse.state_dict()
    parameters = {name: ((ends[name] - value).norm() / value.norm().clamp(min=1e-12)).item()
                  for name, value in fine.state_dict().items() if value.is_floating_point()}
    farthest = max(parameters, key=parameters.get)
    return {**check("float32", exact, rounded, float("inf")), farthest: parameters[farthest]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--seeds", type=int)
    args = parser.parse_args()
    torch.backends.nnpack.set_flags(False)
    torch.set_num_threads(1)  # with more, float32 convolutions of such sizes have crashed
    for file in sorted(args.folder.glob("*.json")):
        if not args.seeds:
            write(args.folder / file.stem, *made(file, SEED))
        for seed in range(1, (args.seeds or 0) + 1):
            off = deviations(made(file, seed)[0])
            print(f"{file.stem}, seed {seed}: " + ", ".join(f"{figure} {value:.1e}" for figure, value in off.items()),
                  flush=True)


if __name__ == "__main__":
    main()
