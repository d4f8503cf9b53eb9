#!/usr/bin/env python3
"""The readable twin: what every peer must come to, in float64 and with nothing but autograd and plain numbers.

    python3 twin.py CASE [--own OUT] [--equal OUT] [--steps N] [--device cpu|cuda]

writes OUT, with the case's own balancing or with equal weights, a line of JSON a step as in trace.jsonl: loss, weight,
grad_norm by task, the total, and the norms of the whole gradient of what all tasks share and of the rest; as many of the
N steps as plain float32 can follow. They begin at the case's calm start (case.py) and say so, and leave dropout out. A
step measures d_i = |dL_i/dW|, one backward pass a task, and then trains on sum w_i L_i; the next step's weights follow
from w_i d_i (arXiv 1711.02257, algorithm 1).
"""
import argparse
import json
import math
import sys

import torch

from case import CaseError, read_case
from gate import TOLERANCES, Wrong, check
from losses import task_loss
from network import Network
from optimizers import make_optimizer
from peers import gradient_norm
from plain_gradnorm import PlainGradNorm


def weights_that_stay(tasks, spec):
    fixed = spec.get("weights", {}) if spec["method"] == "fixed" else {}
    return [float(fixed.get(name, 1.0)) for name in tasks]


def trace(case, steps, balance, device="cpu", kind=torch.float64, calm=False, progress=lambda step: None):
    """The first steps of a case, without dropout; `balance` is the case's or another."""
    return run(case, steps, balance, device, kind, calm, progress)[0]


def run(case, steps, balance, device="cpu", kind=torch.float64, calm=False, progress=lambda step: None):
    """The same, and the network behind the last."""
    def moved(tensor):
        return tensor.to(device, kind if tensor.is_floating_point() else None)

    network = Network(case.description["model"])
    network.load_state_dict(case.calm if calm else case.initial)
    # In float32 the peers' order, so that it rounds as they do.
    order = torch.channels_last if kind == torch.float32 else torch.contiguous_format
    network.to(device, kind, memory_format=order).train()
    for layer in network.dropouts():
        layer.p = 0.0
    optimizer = make_optimizer(network, case.description.get("optimizer", {}))
    rule = PlainGradNorm(case.tasks, balance) if balance["method"] == "gradnorm" else None
    fixed = weights_that_stay(case.tasks, balance)
    lines = []
    for number in range(steps):
        progress(number)
        image, targets = case.batches[number % len(case.batches)]
        predictions = network(moved(image))
        pairs = [task_loss(spec, predictions[name], moved(targets[name])) for name, spec in case.tasks.items()]
        losses = [loss for loss, _ in pairs]
        norms = [gradient_norm(loss, network.measured, retain_graph=True).item() for loss in losses]
        weights = list(rule.weights if rule else fixed)
        total = sum(weight * loss for weight, loss in zip(weights, losses))
        optimizer.zero_grad()
        total.backward()
        gradient = gradient_norms(network)
        optimizer.step()
        values = [loss.item() for loss in losses]
        if rule:
            rule.update(values, norms, [count.item() > 0 for _, count in pairs])
        lines.append(line(case.tasks, values, weights, [w * d for w, d in zip(weights, norms)], total.item(), gradient))
    return lines, network


def settled(exact, rounded):
    """The first steps, at least one, in which plain float32 keeps to float64 so closely that a peer must.

    Deep networks with batch norms over few values soon magnify roundings, whoever makes them; such steps tell nothing.
    """
    for steps in range(len(exact), 1, -1):
        try:
            check("float32", exact[:steps], rounded[:steps], TOLERANCES["float32"] / 2)
            return exact[:steps]
        except Wrong:
            continue
    return exact[:1]


def expected_lines(case, steps, balance, device):
    """What a peer must come to. The first step counts whatever float32 makes of it, so that needs no float32."""
    def traced(kind):
        return trace(case, steps, balance, device, kind, calm=True, progress=lambda step: print(
            f"  twin in {str(kind).removeprefix('torch.')}: step {step + 1} of {steps}", file=sys.stderr))

    exact = traced(torch.float64)
    return [{**one, "start": "calm"} for one in (settled(exact, traced(torch.float32)) if steps > 1 else exact)]


def gradient_norms(network):
    """Of what the step left as the gradient of all parameters that the tasks share, and of all others."""
    return {name: math.sqrt(sum(one.grad.double().square().sum().item() for one in part if one.grad is not None))
            for name, part in network.parts().items()}


def line(tasks, losses, weights, norms, total, gradient):
    """A step as trace.jsonl has it, and the gradient's norms; norms None: not measured."""
    figures = {"loss": losses, "weight": weights, "grad_norm": norms}
    by_task = {figure: dict(zip(tasks, values)) for figure, values in figures.items() if values is not None}
    return {**by_task, "total": total, "gradient": gradient}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case")
    parser.add_argument("--own", metavar="OUT")
    parser.add_argument("--equal", metavar="OUT")
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    args = parser.parse_args()
    torch.backends.nnpack.set_flags(False)
    torch.backends.cudnn.allow_tf32 = False
    case = read_case(args.case)
    for out, balance in ((args.own, case.balance), (args.equal, {"method": "equal"})):
        if out:
            lines = expected_lines(case, args.steps, balance, args.device)
            with open(out, "w") as file:
                file.writelines(json.dumps(one) + "\n" for one in lines)


if __name__ == "__main__":
    try:
        main()
    except CaseError as error:
        sys.exit(str(error))
