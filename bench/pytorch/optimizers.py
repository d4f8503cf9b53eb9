"""A case's optimiser as PyTorch's own."""
import torch

from case import CaseError


def make_optimizer(network, spec, fused=False):
    """`fused`: the kernel over all parameters; on a GPU such that a CUDA graph can hold it."""
    parameters = list(network.parameters())
    common = {"lr": spec.get("lr", 1e-3), "weight_decay": spec.get("weight_decay", 0.0), "fused": fused or None}
    kind = spec.get("method", "adam")
    if kind == "sgd":
        return torch.optim.SGD(parameters, momentum=spec.get("momentum", 0.0), **common)
    if kind not in ("adam", "adamw"):
        raise CaseError(f"the peers do not know the optimiser {kind!r}")
    method = torch.optim.Adam if kind == "adam" else torch.optim.AdamW
    return method(parameters, betas=tuple(spec.get("betas", (0.9, 0.999))), eps=spec.get("eps", 1e-8),
                  capturable=fused and parameters[0].is_cuda, **common)


def clear(optimizer):
    """Back to no step taken, in place: a captured graph keeps its addresses."""
    for state in optimizer.state.values():
        for value in state.values():
            if torch.is_tensor(value):
                value.zero_()
