"""Task losses: each prediction's is the mean over the places that carry a label; and how many these are (0: the task
is absent)."""
import torch
import torch.nn.functional as F

from case import CaseError

PER_VALUE = {
    "l1": lambda spec, prediction, target: ((direction(prediction) if spec.get("normalize") else prediction)
                                            - target).abs(),
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


def direction(prediction):
    return prediction / (torch.linalg.vector_norm(prediction, dim=1, keepdim=True) + 1e-12)


def task_loss(spec, predictions, target):
    """(loss, count) as scalars on the device: the sum over the predictions of their loss against the one target,
    float32 or wider whatever they are."""
    predictions = [one.float() if one.dtype == torch.bfloat16 else one for one in predictions]
    kind, ignore = spec["loss"], spec.get("ignore")
    if kind == "cross_entropy":
        return cross_entropy(predictions, target, -100 if ignore is None else ignore)
    mask = labelled(target, ignore)
    if kind == "cosine":
        cosines = [(F.normalize(one, dim=1, eps=1e-6) * target).sum(dim=1, keepdim=True) for one in predictions]
        return mean([1 - cosine for cosine in cosines], mask)
    if kind not in PER_VALUE:
        raise CaseError(f"the peers do not know the loss {kind!r}")
    mask = None if mask is None else mask.expand_as(target)
    if spec.get("positive_weight") == "batch":
        spec = spec | {"positive_weight": negatives(target, mask)}
    return mean([PER_VALUE[kind](spec, one, target) for one in predictions], mask)


def negatives(target, mask):
    """Their share of the labelled values."""
    if mask is None:
        return (target < 0.5).to(target.dtype).mean()
    return ((target < 0.5) & mask).sum().to(target.dtype) / mask.sum().clamp(min=1)


def cross_entropy(predictions, classes, ignore):
    count = (classes != ignore).sum()
    return sum(F.cross_entropy(logits, classes, ignore_index=ignore, reduction="sum")
               for logits in predictions) / count.clamp(min=1), count


def labelled(target, ignore):
    """Where there is a label, [N, 1, ...]: a place has none if all its channels are `ignore`. None: everywhere."""
    return None if ignore is None else (target != ignore).any(dim=1, keepdim=True)


def mean(each, mask):
    """The sum of the means of these values, all of one shape."""
    if mask is None:  # the count without a copy from the host: capture
        return sum(values.mean() for values in each), torch.full((), each[0].numel(), device=each[0].device)
    count = mask.sum()
    return sum(torch.where(mask, values, 0).sum() for values in each) / count.clamp(min=1), count
