"""Is a peer right? Its first steps against the case's trace, or the float64 twin's, and GradNorm's rule by itself, for
few steps of a case need not show a wrong rule. What is wrong is not timed.

A deviation is |peer - expected| / max(|expected|, a thousandth of the figure's largest expected value).
"""
import torch

from plain_gradnorm import PlainGradNorm

# bf16 keeps 8 bits: plain eager PyTorch itself comes to 4.7e-2 for a small norm of the case dense3.
TOLERANCES = {"float32": 2e-4, "tf32": 1e-2, "bf16": 6e-2}


class Wrong(Exception):
    """A peer that does not compute what it should."""


def check(name, expected, actual, tolerance):
    """The largest deviation of each figure, {figure: number}; raises Wrong past the tolerance."""
    worst = {}
    for figure in [one for one in actual[0] if one in expected[0]]:  # a case's trace knows no "gradient"
        wanted = [values(line, figure) for line in expected]
        scales = {task: max(abs(step[task]) for step in wanted) for task in wanted[0]}
        for step, (want, line) in enumerate(zip(wanted, actual, strict=True)):
            got = values(line, figure)
            for task, value in want.items():
                off = abs(got[task] - value) / max(abs(value), 1e-3 * scales[task], 1e-30)
                if not off <= tolerance:
                    place = f"{figure} of {task}" if task else figure
                    raise Wrong(f"{name} is wrong and is not timed: step {step}, {place} is {got[task]:.6g} and should "
                                f"be {value:.6g} (a deviation of {off:.1e}; allowed are {tolerance:.0e})")
                worst[figure] = max(worst.get(figure, 0.0), off)
    return worst


def check_rule(name, balance, tasks, spec, steps=30):
    """GradNorm's weights over made-up losses and norms, some tasks absent; leaves the balance at its start."""
    random = torch.Generator().manual_seed(5)
    plain, count, device = PlainGradNorm(tasks, spec), len(tasks), balance.weights.device
    balance.reset()
    for step in range(steps):
        losses, norms = (0.4 * torch.randn(2, count, generator=random, dtype=torch.float64)).exp()
        present = torch.rand(count, generator=random) < 0.8
        plain.update(losses.tolist(), norms.tolist(), present.tolist())
        balance.update(losses.to(device), norms.to(device), present.to(device))
        weights = balance.weights.tolist()
        if not all(abs(got - want) <= 1e-9 for got, want in zip(weights, plain.weights)):
            raise Wrong(f"{name} is wrong and is not timed: after {step + 1} made-up steps its rule of balancing "
                        f"has the weights {weights} and should have {plain.weights}")
    balance.reset()


def values(line, figure):
    value = line[figure]
    return value if isinstance(value, dict) else {"": value}
