"""Batches for a peer, in turn. On a GPU the next one is uploaded while a step runs, as a good loader has it."""
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
        self.number = 0
        if self.cuda:
            self.batches = [[tensor.pin_memory() for tensor in batch] for batch in self.batches]
            self.staged, self.held = ([torch.empty_like(tensor, device=device) for tensor in self.batches[0]]
                                      for _ in range(2))
            self.stream = torch.cuda.Stream()
            self.uploaded, self.taken = torch.cuda.Event(), torch.cuda.Event()
        self.rewind()

    def rewind(self):
        """The first batch is current."""
        self.number = 0
        if self.cuda:
            self.upload()
        self.advance()

    def advance(self):
        if not self.cuda:
            self.held = self.batches[self.number % len(self.batches)]
            self.number += 1
            return
        torch.cuda.current_stream().wait_event(self.uploaded)
        for held, staged in zip(self.held, self.staged):
            held.copy_(staged)
        self.taken.record()
        self.upload()

    def upload(self):
        """Of the next batch, behind whatever still reads the staging memory."""
        with torch.cuda.stream(self.stream):
            self.stream.wait_event(self.taken)
            for staged, tensor in zip(self.staged, self.batches[self.number % len(self.batches)]):
                staged.copy_(tensor, non_blocking=True)
            self.uploaded.record()
        self.number += 1

    @property
    def current(self):
        return self.held[0], dict(zip(self.names, self.held[1:]))
