"""Is a peer right? Its first steps against the case's trace, or the float64 twin's; what is wrong is not timed.

A deviation is |peer - expected| / max(|expected|, a thousandth of the figure's largest expected value).
"""
# bf16 keeps 8 bits: plain eager PyTorch itself comes to 4.7e-2 for a small norm of the case dense3.
TOLERANCES = {"float32": 2e-4, "tf32": 1e-2, "bf16": 6e-2}


class Wrong(Exception):
    """A peer that does not compute what it should."""


def check(name, expected, actual, tolerance):
    """The largest deviation of each figure, {figure: number}; raises Wrong past the tolerance."""
    worst = {}
    for figure in actual[0]:
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


def values(line, figure):
    value = line[figure]
    return value if isinstance(value, dict) else {"": value}
