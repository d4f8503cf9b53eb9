"""The trunk cut at the layer that owns W: what comes before it, the layer, and what comes behind it.

W may lie inside residuals. Then each residual on the way has a branch with W and another; what the other branch leaves
is computed before the cut, travels beside it as a *side*, and is added behind it.
"""
from case import CaseError
from layers import IndexUnpool, MaskUnpool, run
from network import PRODUCTS


class Split:
    """`before`, `layer` and `behind` of a network, functions that compute what its trunk computes."""

    def __init__(self, network):
        if not network.trunked:
            raise CaseError("the strong peer splits a trunk with heads, and this network is written as blocks; "
                            "eager_gradnorm runs it")
        names = network.measured_names
        *path, parameter = names[0].split(".")
        self.layer = network.get_submodule(".".join(path))
        if len(names) > 1 or parameter != "weight" or not isinstance(self.layer, PRODUCTS):
            raise CaseError(f"W is {', '.join(names)}; the strong peer splits at the weight of a convolution or a "
                            "linear layer only")
        self.trunk, self.path = network.trunk, path[1:]
        unpools = [module for module in network.modules() if isinstance(module, (IndexUnpool, MaskUnpool))]
        self.unpooled = {module.pool for module in unpools}

    def before(self, image):
        """What W's layer reads, the sides from the outermost in, and what the pools left for layers behind."""
        pools = {}
        x, sides = self.approach(self.trunk, self.path, image, pools)
        return x, sides, pools

    def approach(self, layers, path, x, pools):
        place, *inner = path
        for layer in list(layers)[:int(place)]:
            x = run(layer, x, pools)
        if not inner:
            return x, []
        branch, other = self.branches(layers[int(place)], inner)
        side = other(x, pools)
        x, sides = self.approach(branch, inner[1:], x, pools)
        return x, [side, *sides]

    def behind(self, z, sides, pools):
        """The trunk's features, from what W's layer left."""
        return self.leave(self.trunk, self.path, z, sides, pools)

    def leave(self, layers, path, z, sides, pools):
        place, *inner = path
        if inner:
            branch, _ = self.branches(layers[int(place)], inner)
            z = self.leave(branch, inner[1:], z, sides[1:], pools) + sides[0]
        for layer in list(layers)[int(place) + 1:]:
            z = run(layer, z, pools)
        return z

    @staticmethod
    def branches(residual, inner):
        """The branch with W, and the other one."""
        both = residual.body, residual.shortcut
        return both if inner[0] == "body" else both[::-1]
