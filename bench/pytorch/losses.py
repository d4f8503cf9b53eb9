"""Task losses: each the mean over the places that carry a label, and how many these are (0: the task is absent)."""
import torch
import torch.nn.functional as F

from case import CaseError

PER_VALUE = {
    "l1": lambda spec, prediction, target: (prediction - target).abs(),
    "l2": lambda spec, prediction, target: (prediction - target).square(),
    "huber": lambda spec, prediction, target: F.huber_loss(prediction, target, reduction="none",
                                                           delta=spec.get("delta", 1.0)),
    "binary_cross_entropy": lambda spec, prediction, target: binary_cross_entropy(
        spec.get("positive_weight", 0.5), prediction, target),
}


def binary_cross_entropy(positive_weight, logits, target):
    """The share `positive_weight` weighs the positives, the rest the negatives."""
    positives = positive_weight * target * F.softplus(-logits)
    return positives + (1 - positive_weight) * (1 - target) * F.softplus(logits)


def task_loss(spec, prediction, target):
    """(loss, count) as scalars on the device; float32 or wider whatever the prediction is."""
    if prediction.dtype == torch.bfloat16:
        prediction = prediction.float()
    kind, ignore = spec["loss"], spec.get("ignore")
    if kind == "cross_entropy":
        return cross_entropy(prediction, target, -100 if ignore is None else ignore)
    if kind == "cosine":
        cosine = (F.normalize(prediction, dim=1, eps=1e-6) * target).sum(dim=1, keepdim=True)
        return mean(1 - cosine, labelled(target, ignore))
    if kind not in PER_VALUE:
        raise CaseError(f"the peers do not know the loss {kind!r}")
    mask = labelled(target, ignore)
    return mean(PER_VALUE[kind](spec, prediction, target), None if mask is None else mask.expand_as(target))


def cross_entropy(logits, classes, ignore):
    count = (classes != ignore).sum()
    return F.cross_entropy(logits, classes, ignore_index=ignore, reduction="sum") / count.clamp(min=1), count


def labelled(target, ignore):
    """Where there is a label, [N, 1, ...]: a place has none if all its channels are `ignore`. None: everywhere."""
    return None if ignore is None else (target != ignore).any(dim=1, keepdim=True)


def mean(values, mask):
    if mask is None:
        return values.mean(), torch.full((), values.numel(), device=values.device)  # no copy from the host: capture
    count = mask.sum()
    return torch.where(mask, values, 0).sum() / count.clamp(min=1), count
