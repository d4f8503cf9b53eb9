"""GradNorm's rule (arXiv 1711.02257, algorithm 1) in plain numbers: what the tensors of balance.py must come to."""
import math


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
