#!/usr/bin/env python3
"""The readable twin: what every peer must come to, in float64 and with nothing but autograd and plain numbers.

    python3 twin.py CASE OUT [--steps N] [--balance own|equal] [--device cpu|cuda]

writes OUT, a line of JSON a step as in trace.jsonl: loss, weight, grad_norm by task, and the total. A step measures
d_i = |dL_i/dW|, one backward pass a task, and then trains on sum w_i L_i; the next step's weights follow from w_i d_i
(arXiv 1711.02257, algorithm 1).
"""
import argparse
import json
import math
import sys

import torch

from case import CaseError, read_case
from losses import task_loss
from network import Network
from optimizers import make_optimizer


class PlainGradNorm:
    """Weights as a list of numbers. Tasks without a label in the batch are left out of everything but the rescaling."""

    def __init__(self, tasks, spec):
        self.spec, self.count = spec, len(tasks)
        self.weights = [float(spec.get("start", {}).get(name, 1.0)) for name in tasks]
        theoretical = spec.get("initial") == "theoretical"
        self.initial = [math.log(task["classes"]) if theoretical and "classes" in task else None
                        for task in tasks.values()]
        self.moments = [(0.0, 0.0, 0)] * self.count

    def update(self, losses, norms, present):
        here = [task for task in range(self.count) if present[task]]
        if not here:
            return
        for task in here:
            if self.initial[task] is None:
                self.initial[task] = losses[task]
        ratio = {task: losses[task] / self.initial[task] for task in here}
        mean_ratio = sum(ratio.values()) / len(here)
        mean_norm = sum(self.weights[task] * norms[task] for task in here) / len(here)
        for task in here:
            target = mean_norm * (ratio[task] / mean_ratio) ** self.spec.get("alpha", 1.5)
            off = self.weights[task] * norms[task] - target
            gradient = math.copysign(norms[task], off) if off else 0.0
            self.weights[task] -= self.spec.get("lr", 0.025) * self.direction(task, gradient)
        floored = [max(weight, self.spec.get("min_weight", 1e-4)) for weight in self.weights]
        self.weights = [weight * self.count / sum(floored) for weight in floored]

    def direction(self, task, gradient):
        if self.spec.get("optimizer", "adam") == "sgd":
            return gradient
        first, second, steps = self.moments[task]
        steps += 1
        first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient ** 2
        self.moments[task] = first, second, steps
        return first / (1 - 0.9 ** steps) / (math.sqrt(second / (1 - 0.999 ** steps)) + 1e-8)


def weights_that_stay(tasks, spec):
    fixed = spec.get("weights", {}) if spec["method"] == "fixed" else {}
    return [float(fixed.get(name, 1.0)) for name in tasks]


def trace(case, steps, balance, device="cpu", progress=lambda step: None):
    """The first steps of a case; `balance` is the case's or another."""
    network = Network(case.description["model"])
    network.load_state_dict(case.initial)
    network.double().to(device).train()
    optimizer = make_optimizer(network, case.description.get("optimizer", {}))
    rule = PlainGradNorm(case.tasks, balance) if balance["method"] == "gradnorm" else None
    fixed = weights_that_stay(case.tasks, balance)
    lines = []
    for number in range(steps):
        progress(number)
        image, targets = case.batches[number % len(case.batches)]
        predictions = network(image.double().to(device))
        losses, counts = [], []
        for name, spec in case.tasks.items():
            target = targets[name].to(device)
            loss, count = task_loss(spec, predictions[name], target.double() if target.is_floating_point() else target)
            losses.append(loss)
            counts.append(int(count))
        norms = [torch.autograd.grad(loss, network.shared, retain_graph=True)[0].norm().item() for loss in losses]
        weights = list(rule.weights if rule else fixed)
        total = sum(weight * loss for weight, loss in zip(weights, losses))
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        values = [loss.item() for loss in losses]
        if rule:
            rule.update(values, norms, [count > 0 for count in counts])
        lines.append(line(case.tasks, values, weights, [w * d for w, d in zip(weights, norms)], total.item()))
    return lines


def line(tasks, losses, weights, norms, total):
    """A step as trace.jsonl has it; norms None: not measured."""
    figures = {"loss": losses, "weight": weights, "grad_norm": norms}
    by_task = {figure: dict(zip(tasks, values)) for figure, values in figures.items() if values is not None}
    return {**by_task, "total": total}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case")
    parser.add_argument("out")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--balance", choices=["own", "equal"], default="own")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    args = parser.parse_args()
    case = read_case(args.case)
    balance = case.balance if args.balance == "own" else {"method": "equal"}
    lines = trace(case, args.steps, balance, args.device,
                  lambda step: print(f"float64 twin: step {step + 1} of {args.steps}", file=sys.stderr))
    with open(args.out, "w") as out:
        out.writelines(json.dumps(one) + "\n" for one in lines)


if __name__ == "__main__":
    try:
        main()
    except CaseError as error:
        sys.exit(str(error))
