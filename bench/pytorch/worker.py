#!/usr/bin/env python3
"""One peer in one process, driven over its standard input; what `bench/against-pytorch` starts.

    python3 worker.py PEER CASE [--device D] [--precision P] [--compile MODE] [--threads N] [--room BYTES]

loads the case and compiles, and says so: every answer is a line of JSON on standard output. Then it does what lines on
standard input say, and between them sleeps:

    check FILE   chooses cuDNN's algorithms, captures the step, and holds the first steps against FILE, which has
                 lines as trace.jsonl; wants a GPU on which nothing else runs
    time N       times N steps, after some that are not timed: the seconds from the step's begin, its batch's upload
                 first, until nothing of it is left to wait for

A peer that cannot go on answers {"failed": "wrong", "memory" or "error", "reason": TEXT} and ends with status 1.
"""
import argparse
import contextlib
import gc
import importlib.metadata
import importlib.util
import json
import os
import pathlib
import shutil
import sys
import time
import traceback

import torch

from captured import Captured
from case import CaseError, read_case
from feed import Feed
from gate import TOLERANCES, Wrong, check, check_rule
from peers import CreateGraph, Eager, EagerGradNorm, Setting
from strong import Strong, StrongEqual
from twin import gradient_norms, line

PEERS = {"eager": Eager, "eager_gradnorm": EagerGradNorm, "create_graph": CreateGraph, "strong": Strong,
         "strong_equal": StrongEqual}
WARM_UP = {"cpu": 2, "cuda": 20}
FIRST = 2  # steps, after which nothing is left to compile or to choose


class Run:
    """A peer with its batches, ready to step."""

    def __init__(self, kind, case, setting):
        self.feed = Feed(case.batches, setting.device)
        self.peer = kind(case, setting)
        self.cuda = setting.device.type == "cuda"
        self.captured = None

    def compile(self):
        """By the way of a few steps. Others may use the GPU meanwhile: no algorithm is chosen by its time here."""
        for _ in range(FIRST):
            self.step()
        self.rest()

    def settle(self):
        """Chooses cuDNN's algorithms, which wants a quiet GPU, and captures the step where the peer is for that."""
        torch.backends.cudnn.benchmark = True
        for _ in range(FIRST):
            self.step()
        if self.cuda and self.peer.captured:
            self.captured = Captured(self.peer, self.feed)
        self.rest()

    def step(self):
        self.feed.advance()
        if self.captured:
            self.captured.step()
        else:
            self.peer.step(*self.feed.current)

    def trace(self, steps, calm=False):
        """The first steps from the case's start, without dropout, as trace.jsonl has them."""
        self.peer.reset(calm)
        self.feed.rewind()
        with self.peer.network.without_dropout():
            return [self.told() for _ in range(steps)]

    def told(self):
        """A step, as trace.jsonl has it."""
        self.step()
        figures = {name: None if value is None else value.tolist() for name, value in self.peer.figures.items()}
        return line(self.peer.tasks, figures["loss"], figures["weight"], figures["grad_norm"], figures["total"],
                    gradient_norms(self.peer.network))

    def time(self, steps):
        """Seconds of each step; the host waits for one before it begins the next."""
        for _ in range(WARM_UP["cuda" if self.cuda else "cpu"]):
            self.step()
        self.wait()
        seconds = [self.timed() for _ in range(steps)]
        self.rest()
        return seconds

    def timed(self):
        begin = time.perf_counter()
        self.step()
        self.wait()
        return time.perf_counter() - begin

    def wait(self):
        if self.cuda:
            torch.cuda.current_stream().synchronize()

    def rest(self):
        """Hands back the GPU's memory that the next step would only take again; a captured step keeps its own."""
        if self.cuda:
            self.wait()
            gc.collect()
            torch.cuda.empty_cache()


def memory(device):
    """Bytes on the GPU: what this process held at most since it settled, and holds now; what is free for all, and all
    there is. {} without a GPU."""
    if device != "cuda":
        return {}
    free, total = torch.cuda.mem_get_info()
    return {"peak": torch.cuda.max_memory_reserved(), "held": torch.cuda.memory_reserved(), "free": free,
            "total": total}


def settle(run, device):
    """Settles a run; the most that it held until then. Trying algorithms takes more than steps do, and only once."""
    run.settle()
    most = memory(device).get("peak")
    if run.cuda:
        torch.cuda.reset_peak_memory_stats()
    return most


def set_up(device, precision, threads, room):
    torch.set_num_threads(threads)
    torch.backends.nnpack.set_flags(False)  # where it does not fit the processor it warns at every convolution
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    if device == "cpu" and precision == "tf32":
        raise CaseError("--precision tf32 is a format of NVIDIA's GPUs; take float32 or bf16 for --device cpu")
    if device == "cpu":
        return
    if not torch.cuda.is_available():
        raise CaseError(f"--device cuda: PyTorch {torch.__version__} finds no CUDA device; take --device cpu, or "
                        "install a PyTorch built for CUDA on a machine with an NVIDIA GPU")
    free = torch.cuda.mem_get_info()[0]
    if free < room:
        raise torch.OutOfMemoryError(f"{free >> 20} MiB are free of the {room >> 20} MiB that it would need")
    torch.cuda.set_stream(torch.cuda.Stream())  # for everything: the default stream cannot be captured


def compile_mode(asked, device):
    """"auto" compiles on a GPU; on the CPU it does not, where it made no peer faster.

    "max-autotune-no-cudagraphs" would also try Triton's convolutions beside cuDNN's, each shape and direction of them:
    more than a budget has time for.
    """
    mode = asked if asked != "auto" else "default" if device == "cuda" else "off"
    if mode != "off" and device == "cuda" and importlib.util.find_spec("triton") is None:
        raise CaseError("the strong peers are compiled by Triton, which is not installed: 'pip install triton', or "
                        "--compile off")
    if mode != "off" and device == "cpu" and shutil.which(os.environ.get("CXX", "g++")) is None:
        raise CaseError(f"--compile {mode} needs a C++ compiler on the CPU: install g++, or take --compile off")
    return mode


def versions():
    triton = None
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        triton = importlib.metadata.version("triton")
    return {"python": sys.version.split()[0], "torch": torch.__version__, "cuda": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version(), "triton": triton}


def checked(args, run, case, file):
    """Holds the peer against a file of expected steps; what there is to tell of it then."""
    expected = [json.loads(one) for one in pathlib.Path(file).read_text().splitlines()]
    most = settle(run, args.device)
    if run.peer.gradnorm:
        check_rule(args.peer, run.peer.balance, case.tasks, case.balance)
    calm = expected[0].get("start") == "calm"
    deviations = check(args.peer, expected, run.trace(len(expected), calm), TOLERANCES[args.precision])
    run.peer.reset()
    run.rest()
    return {"peer": args.peer, "versions": versions(), "threads": torch.get_num_threads(),
            "device": torch.cuda.get_device_name() if run.cuda else "cpu", "compile": run.peer.setting.compile,
            "parameters": sum(one.numel() for one in run.peer.network.parameters()),
            "cuda_graph": run.captured is not None, "checked_steps": len(expected), "tolerance":
            TOLERANCES[args.precision], "deviations": deviations,
            "memory": memory(args.device), "preparing_bytes": most}


def serve(args, answer):
    set_up(args.device, args.precision, args.threads, args.room)
    case = read_case(args.case)
    kind = PEERS[args.peer]
    mode = compile_mode(args.compile, args.device) if kind.compiles else "off"
    run = Run(kind, case, Setting(torch.device(args.device), args.precision, args.unpool, mode))
    run.compile()
    answer({"prepared": args.peer, "memory": memory(args.device)})
    for request in sys.stdin:
        word, _, rest = request.rstrip("\n").partition(" ")
        if word == "check":
            answer(checked(args, run, case, rest))
        else:
            answer({"seconds": run.time(int(rest)), "memory": memory(args.device)})


def for_memory(error):
    """Not every library raises PyTorch's own exception where the memory is full."""
    return isinstance(error, torch.OutOfMemoryError) or any(
        sign in str(error).lower() for sign in ("out of memory", "alloc_failed"))


def brief(error, most=300):
    """An exception in a line; compilers put what matters behind a first line that says who failed."""
    lines = [one.strip() for one in str(error).splitlines() if one.strip()]
    return f"{type(error).__name__}: {' '.join(lines[:2])}"[:most]


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=list(PEERS))
    parser.add_argument("case")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--precision", choices=list(TOLERANCES), default="float32")
    parser.add_argument("--unpool", choices=["index", "mask"], default="index")
    parser.add_argument("--compile", choices=["auto", "off", "default", "max-autotune-no-cudagraphs"], default="auto")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--room", type=int, default=0, metavar="BYTES", help="do not begin where less is free on the "
                        "GPU")
    return parser.parse_args()


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is not an answer

    def answer(value):
        print(json.dumps(value), file=answers, flush=True)

    def fail(kind, reason):
        answer({"failed": kind, "reason": reason})
        sys.exit(1)

    try:
        serve(parse(), answer)
    except CaseError as error:
        fail("error", str(error))
    except Wrong as error:
        fail("wrong", str(error))
    except Exception as error:  # of PyTorch or its compiler: whoever reads the reason wants the trace too
        traceback.print_exc()
        fail("memory" if for_memory(error) else "error", brief(error))


if __name__ == "__main__":
    main()
