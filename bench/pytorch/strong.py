"""The strong peers: what an expert gets out of PyTorch by hand. Compiled where `compile` says so, a CUDA graph a step.

GradNorm needs the T gradients on W and one gradient for all else. So the network is cut at W's layer: the heads run
backward once, on losses that carry their weights; each task's cotangent comes back to W's output by itself; one wide
weight gradient over the T cotangents side by side leaves all T gradients; their sum goes on down the trunk, once.
"""
import torch
import torch._functorch.config
from torch import nn

from feed import arranged
from peers import Peer, weighted_sum
from split import Split


class StrongEqual(Peer):
    """Equal (or fixed) weights: network and losses compiled as one region."""
    gradnorm = False
    captured = True
    compiles = True

    def __init__(self, case, setting):
        super().__init__(case, setting)
        self.forward = self.compiled(self.all_losses)

    def all_losses(self, image, targets, weights):
        losses, _ = self.losses(self.network(image), targets)
        return losses, weighted_sum(weights, losses)

    def step(self, image, targets):
        self.optimizer.zero_grad()
        with self.autocast():
            losses, total = self.forward(image, targets, self.balance.weights)
        total.backward()
        self.record(losses, None, total)
        self.optimizer.step()


class Strong(Peer):
    """GradNorm by the cut at W; five compiled regions: before, behind, heads, the wide gradient's ends, the weights."""
    captured = True
    compiles = True

    def __init__(self, case, setting):
        super().__init__(case, setting)
        torch._functorch.config.donated_buffer = False  # the layers behind W run backward T times
        split = Split(self.network)
        self.layer = split.layer
        self.before = self.compiled(split.before)
        self.behind = self.compiled(split.behind)
        self.heads = self.compiled(self.head_losses)
        self.abreast = self.compiled(abreast)
        self.gradients = self.compiled(self.split_gradients)
        self.rebalanced = self.compiled(self.rebalance)
        self.unpooled = split.unpooled

    def head_losses(self, forks, pools, targets, weights):
        """`forks`: the trunk's features T times, the same memory, so that each task leaves a gradient of its own."""
        predictions = {task: [self.network.block(f"heads.{task}")(fork, dict(pools))]
                       for task, fork in zip(self.tasks, forks)}
        losses, counts = self.losses(predictions, targets)
        return losses, counts, weighted_sum(weights, losses)

    def step(self, image, targets):
        self.optimizer.zero_grad()
        with self.autocast():
            x, sides, pools = self.before(image)
            pools = {name: kept for name, kept in pools.items() if name in self.unpooled}
            leaves = [cut(side) for side in sides]
            factors = self.factors(x)
            z = forward(self.layer, *factors).requires_grad_()
            features = self.behind(z, leaves, pools)
            forks = [features.detach().requires_grad_() for _ in self.tasks]
            losses, counts, total = self.heads(forks, pools, targets, self.balance.weights)
        total.backward()
        norms = self.backward(x, sides, leaves, factors, self.cotangents(z, features, forks))
        self.record(losses, norms, total)
        self.rebalanced(losses, norms / self.balance.weights, counts)
        self.optimizer.step()

    def factors(self, x):
        """W's layer's input, weight and bias as its products take them: bf16 under autocast."""
        kind = torch.bfloat16 if self.setting.precision == "bf16" else x.dtype
        bias = None if self.layer.bias is None else self.layer.bias.detach().to(kind)
        return x.detach().to(kind), self.layer.weight.detach().to(kind), bias

    def cotangents(self, z, features, forks):
        """Each task's d(w_i L_i)/dz, through the layers behind W, whose parameters gather the sum."""
        found = []
        for number, fork in enumerate(forks):
            z.grad = None
            features.backward(fork.grad, retain_graph=number + 1 < len(forks))
            found.append(z.grad)
        return found

    def backward(self, x, sides, leaves, factors, cotangents):
        """Leaves the gradients of W and of all before it; gives the T norms |d(w_i L_i)/dW|."""
        source, weight, bias = factors
        wide, summed = self.abreast(cotangents)
        norms, gradient = self.gradients(wide_gradient(self.layer, wide, source, weight, len(cotangents)))
        self.layer.weight.grad = gradient
        if bias is not None:
            self.layer.bias.grad = summed.float().sum([axis for axis in range(summed.dim()) if axis != 1])
        roots = [(side, leaf.grad) for side, leaf in zip(sides, leaves) if side.requires_grad]
        if x.requires_grad:
            roots.append((x, input_gradient(self.layer, summed, source, weight).to(x.dtype)))
        if roots:
            torch.autograd.backward(*zip(*roots))
        return norms

    def split_gradients(self, wide):
        """T gradients of W side by side to their norms and, as float32 and laid out as W, their sum.

        The fused optimiser walks parameter and gradient alike: another layout would be another gradient.
        """
        axis = output_axis(self.layer)
        each = wide.float().unflatten(axis, (len(self.tasks), -1))
        others = [one for one in range(each.dim()) if one != axis]
        return torch.linalg.vector_norm(each, dim=others), arranged(each.sum(axis))


def cut(side):
    return side.detach().requires_grad_(side.requires_grad)


def abreast(cotangents):
    """[N, K, ...] T times to [N, T * K, ...], and their sum."""
    wide = torch.cat(cotangents, dim=1)
    return wide, sum(one.float() for one in cotangents).to(wide.dtype)


def output_axis(layer):
    """The axis of W that runs over output channels: a transposed convolution has [in, out, height, width]."""
    return 1 if isinstance(layer, nn.ConvTranspose2d) else 0


def geometry(layer):
    transposed = isinstance(layer, nn.ConvTranspose2d)
    return [list(layer.stride), list(layer.padding), list(layer.dilation), transposed, list(layer.output_padding), 1]


@torch.no_grad()
def forward(layer, source, weight, bias):
    if isinstance(layer, nn.Linear):
        return nn.functional.linear(source, weight, bias)
    return torch.ops.aten.convolution(source, weight, bias, *geometry(layer))


def wide_gradient(layer, wide, source, weight, tasks):
    """W's T gradients by one product: a weight gradient with T times the output channels."""
    if isinstance(layer, nn.Linear):
        return wide.T @ source
    shape = list(weight.shape)
    shape[output_axis(layer)] *= tasks
    like = torch.empty(shape, dtype=weight.dtype, device=weight.device, memory_format=torch.channels_last)
    return torch.ops.aten.convolution_backward(wide, source, like, None, *geometry(layer), [False, True, False])[1]


def input_gradient(layer, cotangent, source, weight):
    if isinstance(layer, nn.Linear):
        return cotangent @ weight
    return torch.ops.aten.convolution_backward(cotangent, source, weight, None, *geometry(layer),
                                               [True, False, False])[0]
