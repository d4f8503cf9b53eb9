"""A peer's whole step as one CUDA graph."""
import torch

WARM_UP = 3


class Captured:
    """Replays what `peer.step` did once on the feed's tensors; its figures are then the graph's own memory.

    The steps before the capture, on another stream as capture asks for, compile, choose cuDNN's algorithms and make
    the optimiser's state.
    """

    def __init__(self, peer, feed):
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP):
                peer.step(*feed.current)
        torch.cuda.current_stream().wait_stream(stream)
        peer.optimizer.zero_grad()
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            peer.step(*feed.current)

    def step(self):
        self.graph.replay()
