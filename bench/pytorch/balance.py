"""Task weights on the device: GradNorm (arXiv 1711.02257) in closed form, or weights that stay.

No value is read by the host and no shape or branch depends on one, so that a step can be captured in a CUDA graph.
State is float64, T elements, and is changed in place.
"""
import math

import torch


class GradNorm:
    """For W's gradients of fixed losses, norm(w_i g_i) = w_i d_i, so d|w_i d_i - target_i|/dw_i = +-d_i.

    Absent tasks take no part in means, and neither their weight nor their moments move before the rescaling.
    """

    def __init__(self, tasks, spec, device):
        self.alpha, self.rate, self.floor = spec.get("alpha", 1.5), spec.get("lr", 0.025), spec.get("min_weight", 1e-4)
        self.adam = spec.get("optimizer", "adam") == "adam"
        theoretical = spec.get("initial", "first") == "theoretical"
        first = [math.log(task["classes"]) if theoretical and "classes" in task else math.nan
                 for task in tasks.values()]
        start = [float(spec.get("start", {}).get(name, 1.0)) for name in tasks]
        self.begin = {"weights": start, "initial": first}
        self.weights, self.initial, self.moment, self.square, self.steps = (
            torch.zeros(len(tasks), dtype=torch.float64, device=device) for _ in range(5))
        self.reset()

    def reset(self):
        for state in (self.moment, self.square, self.steps):
            state.zero_()
        self.weights.copy_(torch.tensor(self.begin["weights"]))
        self.initial.copy_(torch.tensor(self.begin["initial"], dtype=torch.float64))

    def target(self, losses, norms, present):
        """What the norms w_i d_i ought to be: their mean times r_i^alpha. A constant to every derivative."""
        count = present.sum().clamp(min=1)
        self.initial.copy_(torch.where(present & self.initial.isnan(), losses, self.initial))
        rate = torch.where(present, losses / self.initial, 0)
        rate = rate / (rate.sum() / count)
        return torch.where(present, self.weights * norms, 0).sum() / count * rate ** self.alpha

    def update(self, losses, norms, present):
        """From losses L_i, norms d_i = |dL_i/dW| and presence, [T] each."""
        losses, norms = losses.double(), norms.double()
        wanted = self.target(losses, norms, present)
        self.move(torch.sign(self.weights * norms - wanted) * norms, present)

    def move(self, gradient, present):
        """One step of the weights' own optimiser; then the floor, and the rescaling to a sum of T."""
        step = self.adam_step(gradient, present) if self.adam else self.rate * gradient
        moved = torch.where(present, self.weights - step, self.weights).clamp(min=self.floor)
        moved = moved * (len(moved) / moved.sum())
        self.weights.copy_(torch.where(present.any(), moved, self.weights))

    def adam_step(self, gradient, present, first=0.9, second=0.999, eps=1e-8):
        self.steps.add_(present)
        self.moment.copy_(torch.where(present, first * self.moment + (1 - first) * gradient, self.moment))
        self.square.copy_(torch.where(present, second * self.square + (1 - second) * gradient ** 2, self.square))
        count = self.steps.clamp(min=1)
        return self.rate * (self.moment / (1 - first ** count)) / ((self.square / (1 - second ** count)).sqrt() + eps)


class FixedWeights:
    """Weights that stay: those that the case fixes, else 1."""

    def __init__(self, tasks, spec, device):
        fixed = spec.get("weights", {}) if spec["method"] == "fixed" else {}
        self.weights = torch.tensor([float(fixed.get(name, 1.0)) for name in tasks], dtype=torch.float64, device=device)

    def reset(self):
        pass

    def update(self, losses, norms, present):
        pass
