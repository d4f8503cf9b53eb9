"""Batches for a peer, in turn. On a GPU a step begins with the upload of its batch from page-locked memory."""
import torch


def flat(batch):
    image, targets = batch
    return [image, *targets.values()]


def arranged(tensor):
    """In channels-last order, where it has four axes."""
    return tensor.contiguous(memory_format=torch.channels_last) if tensor.dim() == 4 else tensor


class Feed:
    """`current` is the batch to train on, always the same tensors on a GPU; `advance` puts the next one there."""

    def __init__(self, batches, device):
        self.names = list(batches[0][1])
        self.batches = [[arranged(tensor) for tensor in flat(batch)] for batch in batches]
        self.cuda = device.type == "cuda"
        if self.cuda:
            self.batches = [[tensor.pin_memory() for tensor in batch] for batch in self.batches]
            self.held = [torch.empty_like(tensor, device=device) for tensor in self.batches[0]]
        self.rewind()
        self.advance()
        self.rewind()

    def rewind(self):
        """The first batch comes next."""
        self.number = 0

    def advance(self):
        """The host does not wait: the copies stand in the stream of the step that reads them."""
        batch = self.batches[self.number % len(self.batches)]
        self.number += 1
        if not self.cuda:
            self.held = batch
            return
        for held, tensor in zip(self.held, batch):
            held.copy_(tensor, non_blocking=True)

    @property
    def current(self):
        return self.held[0], dict(zip(self.names, self.held[1:]))
