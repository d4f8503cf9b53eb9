#!/usr/bin/env python3
"""One peer in one process, driven over its standard input; what `bench/against-pytorch` starts.

    python3 worker.py PEER CASE --expected FILE [--device D] [--precision P] [--compile MODE] [--threads N]

loads, compiles and captures, holds the first steps against FILE (lines as in trace.jsonl), and says so: every answer is
a line of JSON on standard output. A peer that is wrong ends here with status 1. Then each line N on standard input
times N steps, after some that are not timed; the seconds are those between CUDA events on a GPU, the host's clock on
the CPU. Between two lines the process sleeps.
"""
import argparse
import importlib.util
import json
import os
import pathlib
import shutil
import sys
import time

import torch

from captured import Captured
from case import CaseError, read_case
from feed import Feed
from gate import TOLERANCES, Wrong, check, check_rule
from peers import CreateGraph, Eager, EagerGradNorm, Setting
from strong import Strong, StrongEqual
from twin import line

PEERS = {"eager": Eager, "eager_gradnorm": EagerGradNorm, "create_graph": CreateGraph, "strong": Strong,
         "strong_equal": StrongEqual}
WARM_UP = {"cpu": 2, "cuda": 20}


class Run:
    """A peer with its batches, ready to step."""

    def __init__(self, kind, case, setting):
        self.feed = Feed(case.batches, setting.device)
        self.peer = kind(case, setting)
        self.cuda = setting.device.type == "cuda"
        self.captured = Captured(self.peer, self.feed) if self.cuda and kind.captured else None

    def step(self):
        if self.captured:
            self.captured.step()
        else:
            self.peer.step(*self.feed.current)
        self.feed.advance()

    def trace(self, steps):
        """The first steps from the case's start, as trace.jsonl has them."""
        self.peer.reset()
        self.feed.rewind()
        lines = []
        for _ in range(steps):
            self.step()
            figures = {name: None if value is None else value.tolist() for name, value in self.peer.figures.items()}
            lines.append(line(self.peer.tasks, figures["loss"], figures["weight"], figures["grad_norm"],
                              figures["total"]))
        return lines

    def time(self, steps):
        """Seconds of each step, one behind the other without a wait between them."""
        for _ in range(WARM_UP["cuda" if self.cuda else "cpu"]):
            self.step()
        if not self.cuda:
            return [self.timed() for _ in range(steps)]
        events = [torch.cuda.Event(enable_timing=True) for _ in range(steps + 1)]
        torch.cuda.synchronize()
        events[0].record()
        for event in events[1:]:
            self.step()
            event.record()
        torch.cuda.synchronize()
        return [begin.elapsed_time(end) / 1e3 for begin, end in zip(events, events[1:])]

    def timed(self):
        begin = time.perf_counter()
        self.step()
        return time.perf_counter() - begin


def set_up(device, precision, threads):
    torch.set_num_threads(threads)
    if device == "cpu" and precision == "tf32":
        raise CaseError("--precision tf32 is a format of NVIDIA's GPUs; take float32 or bf16 for --device cpu")
    if device == "cuda" and not torch.cuda.is_available():
        raise CaseError(f"--device cuda: PyTorch {torch.__version__} finds no CUDA device; take --device cpu, or "
                        "install a PyTorch built for CUDA on a machine with an NVIDIA GPU")
    torch.backends.nnpack.set_flags(False)  # where it does not fit the processor it warns at every convolution
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"


def compile_mode(asked, device):
    """"auto" compiles on a GPU; on the CPU it does not, where it made no peer faster."""
    mode = asked if asked != "auto" else "default" if device == "cuda" else "off"
    if mode != "off" and device == "cuda" and importlib.util.find_spec("triton") is None:
        raise CaseError("the strong peers are compiled by Triton, which is not installed: 'pip install triton', or "
                        "--compile off")
    if mode != "off" and device == "cpu" and shutil.which(os.environ.get("CXX", "g++")) is None:
        raise CaseError(f"--compile {mode} needs a C++ compiler on the CPU: install g++, or take --compile off")
    return mode


def serve(args, answer):
    set_up(args.device, args.precision, args.threads)
    case = read_case(args.case)
    expected = [json.loads(one) for one in args.expected.read_text().splitlines()]
    setting = Setting(torch.device(args.device), args.precision, args.unpool, compile_mode(args.compile, args.device))
    run = Run(PEERS[args.peer], case, setting)
    if run.peer.gradnorm:
        check_rule(args.peer, run.peer.balance, case.tasks, case.balance)
    deviations = check(args.peer, expected, run.trace(len(expected)), TOLERANCES[args.precision])
    answer({"peer": args.peer, "torch": torch.__version__, "threads": torch.get_num_threads(),
            "device": torch.cuda.get_device_name() if run.cuda else "cpu", "compile": setting.compile,
            "cuda_graph": run.captured is not None, "checked_steps": len(expected), "deviations": deviations})
    for steps in sys.stdin:
        answer({"seconds": run.time(int(steps))})


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=list(PEERS))
    parser.add_argument("case")
    parser.add_argument("--expected", type=pathlib.Path, required=True)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--precision", choices=list(TOLERANCES), default="float32")
    parser.add_argument("--unpool", choices=["index", "mask"], default="index")
    parser.add_argument("--compile", choices=["auto", "off", "default", "max-autotune-no-cudagraphs"], default="auto")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    return parser.parse_args()


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is not an answer

    def answer(value):
        print(json.dumps(value), file=answers, flush=True)

    try:
        serve(parse(), answer)
    except (CaseError, Wrong) as error:
        sys.exit(str(error))
    except torch.OutOfMemoryError:
        sys.exit("The GPU's memory is full: take fewer --peers at a time, or a smaller --batch")


if __name__ == "__main__":
    main()
