"""The plain peers: equal weights, GradNorm by a gradient a task, and GradNorm by second derivatives.

A peer trains a case's network on the batch that its feed holds. Nothing in a step waits for the device: what the
step found stays in `figures`, tensors of [T] and the total, until somebody reads them.
"""
from dataclasses import dataclass

import torch

from balance import FixedWeights, GradNorm
from case import CaseError
from losses import task_loss
from network import Network
from optimizers import clear, make_optimizer


@dataclass(frozen=True)
class Setting:
    """How a peer computes: a torch.device, "float32", "tf32" or "bf16", "index" or "mask", and `compile`: "off" or a
    mode of torch.compile."""
    device: torch.device
    precision: str = "float32"
    unpool: str = "index"
    compile: str = "off"


class Peer:
    """What peers have in common: parameters in channels-last order, the fused optimiser, weights on the device."""
    gradnorm = True
    captured = False  # in a CUDA graph, where there is a GPU
    compiles = False

    def __init__(self, case, setting):
        self.case, self.setting = case, setting
        self.tasks = case.tasks
        self.network = Network(case.description["model"], setting.unpool)
        if self.captured and self.network.dropouts():
            raise CaseError("its network has dropout, which a peer is checked without, and a captured or compiled step "
                            "cannot leave it out; eager and eager_gradnorm run it")
        self.network.to(setting.device, memory_format=torch.channels_last).train()
        self.optimizer = make_optimizer(self.network, case.description.get("optimizer", {}), fused=True)
        self.balance = self.make_balance()
        self.figures = {}
        self.reset()

    def make_balance(self):
        spec = self.case.balance
        if not self.gradnorm:
            return FixedWeights(self.tasks, spec, self.setting.device)
        if spec["method"] != "gradnorm":
            raise CaseError(f"{self.case.name} balances by {spec['method']!r}: only the peers of equal weights can run "
                            "it")
        return GradNorm(self.tasks, spec, self.setting.device)

    def reset(self, calm=False):
        """Back to the case's start, or its calm one, in place: compiled and captured code stays valid."""
        self.network.load_state_dict(self.case.calm if calm else self.case.initial)
        clear(self.optimizer)
        self.balance.reset()

    def autocast(self):
        return torch.autocast(self.setting.device.type, torch.bfloat16, enabled=self.setting.precision == "bf16")

    def compiled(self, function):
        if self.setting.compile == "off":
            return function
        return torch.compile(function, dynamic=False, mode=self.setting.compile)

    def losses(self, predictions, targets):
        """The T losses and the T counts of labelled places. Scalars each: of one stacked tensor every task's backward
        would run every head."""
        pairs = [task_loss(spec, predictions[task], targets[task]) for task, spec in self.tasks.items()]
        return [loss for loss, _ in pairs], [count for _, count in pairs]

    def step(self, image, targets):
        raise NotImplementedError

    def record(self, losses, weighted_norms, total):
        self.figures = {"loss": torch.stack(losses).detach(), "weight": self.balance.weights.clone(),
                        "grad_norm": weighted_norms, "total": total.detach()}

    def rebalance(self, losses, norms, counts):
        """From the norms of the unweighted losses."""
        self.balance.update(torch.stack(losses).detach(), norms, torch.stack(counts) > 0)


def gradient_norm(loss, parameters, **options):
    """Of the loss's gradients on all of these parameters together."""
    norms = [gradient.norm() for gradient in torch.autograd.grad(loss, parameters, **options)]
    return norms[0] if len(norms) == 1 else torch.stack(norms).norm()


def weighted_sum(weights, losses):
    return sum(weight * loss for weight, loss in zip(weights.to(losses[0].dtype).unbind(), losses))


class Eager(Peer):
    """Equal (or fixed) weights: one forward, one backward."""
    gradnorm = False

    def step(self, image, targets):
        with self.autocast():
            losses, _ = self.losses(self.network(image), targets)
        total = weighted_sum(self.balance.weights, losses)
        self.optimizer.zero_grad()
        total.backward()
        self.record(losses, None, total)
        self.optimizer.step()


class EagerGradNorm(Peer):
    """GradNorm as one writes it down: a gradient on W for each task, then the backward pass of the weighted sum."""

    def step(self, image, targets):
        with self.autocast():
            losses, counts = self.losses(self.network(image), targets)
        norms = torch.stack([gradient_norm(loss, self.network.measured, retain_graph=True) for loss in losses])
        total = weighted_sum(self.balance.weights, losses)
        self.optimizer.zero_grad()
        total.backward()
        self.record(losses, self.balance.weights * norms, total)
        self.rebalance(losses, norms, counts)
        self.optimizer.step()


class CreateGraph(Peer):
    """GradNorm as most published code has it: the weights' gradient by differentiating the norms once more.

    Much of that code lets the second derivatives run into the network's own gradient; here they go to the weights
    alone, which is right, and less work.
    """

    def step(self, image, targets):
        with self.autocast():
            losses, counts = self.losses(self.network(image), targets)
        weights = self.balance.weights.to(losses[0].dtype).requires_grad_()
        weighted = [weight * loss for weight, loss in zip(weights.unbind(), losses)]
        norms = torch.stack([gradient_norm(loss, self.network.measured, create_graph=True) for loss in weighted])
        present = torch.stack(counts) > 0
        plain = torch.stack(losses).detach().double()
        target = self.balance.target(plain, norms.detach().double() / self.balance.weights, present)
        torch.where(present, (norms - target.to(norms.dtype)).abs(), 0).sum().backward(inputs=[weights])
        total = sum(weighted)
        self.optimizer.zero_grad()
        total.backward(inputs=list(self.network.parameters()))
        self.record(losses, norms.detach(), total)
        self.balance.move(weights.grad.double(), present)
        self.optimizer.step()
