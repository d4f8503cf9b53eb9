"""A peer's whole step as one CUDA graph."""
import gc

import torch

class Captured:
    """Replays what `peer.step` did once on the feed's tensors; its figures are then the graph's own memory.

    Steps before the capture must have compiled, chosen cuDNN's algorithms and made the optimiser's state, in the stream
    that is captured, which therefore must not be the default one: autograd remembers streams, and compiled code may be
    guarded by them.
    """

    def __init__(self, peer, feed):
        peer.optimizer.zero_grad()
        peer.figures = {}
        gc.collect()  # what cycles hold would lie beside the graph's own memory
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph, stream=torch.cuda.current_stream()):
            peer.step(*feed.current)

    def step(self):
        self.graph.replay()
