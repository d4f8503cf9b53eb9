"""What is timed: Gimbal, a process a block, and the peers, a process each for all their blocks.

An engine times a block of steps: {name: {"min", "median", "max"} in seconds}. `about` has what it says of itself.
"""
import json
import math
import os
import pathlib
import statistics
import sys

import processes
from processes import Conversation, Failed, Gone, Late

HERE = pathlib.Path(__file__).resolve().parent
# The tests of a build name a program of their own: the launcher would build in the middle of it.
GIMBAL = os.environ.get("GIMBAL_LAUNCHER", HERE.parent.parent / "gimbal")
RULES = {"strong_equal": "equal", "strong": "own", "eager_gradnorm": "own", "create_graph": "own", "eager": "equal"}
VARIANTS = {"+uncompiled": ("strong_equal", "strong"), "+mask": tuple(RULES)}
OURS = {"own": "gimbal", "equal": "gimbal_equal"}
AT_A_TIME = {"cpu": 1, "cuda": 4}  # peers that compile; on the CPU each takes all cores, and they share the memory
BESIDE_ARENAS = 2 << 30  # an allowance for Gimbal's CUDA context, kernels and libraries on a GPU


def known(name):
    """Whether there is a peer of that name."""
    plain, variant = split(name)
    return plain in RULES and (not variant or plain in VARIANTS.get(variant, ()))


def split(name):
    """A peer's name without its variant, and the variant: "" or one with its plus."""
    plain, plus, variant = name.partition("+")
    return plain, plus + variant


def rule_of(name):
    return RULES[split(name)[0]]


class LeftOut(Exception):
    """Why a peer is not timed. `wrong`: it does not compute what it should."""

    def __init__(self, reason, wrong=False):
        super().__init__(reason)
        self.wrong = wrong


class Gimbal:
    """`gimbal bench step`: one process times the case's own rule and equal weights, where both are wanted."""

    def __init__(self, rules, case, args, suffix=""):
        self.names = {rule: OURS[rule] + suffix for rule in rules}
        self.threads = args.threads if args.device == "cpu" else None
        self.command = [GIMBAL, "bench", "step", case, "--balance", "both" if len(rules) == 2 else rules[0],
                        "--precision", args.precision, "--device", "gpu" if args.device == "cuda" else "soft"]
        self.steps, self.about = args.steps, {}

    def prepare(self, deadline=math.inf):
        """A step, which shows that it runs, and lets it choose its convolutions while nothing else does."""
        self.block(1, deadline)

    def room(self):
        """The bytes that it needs on the GPU, of what it said of itself."""
        return sum(about["arena_bytes"] for about in self.about.values()) + BESIDE_ARENAS

    def time(self, deadline=math.inf):
        return {name: about["step_s"] for name, about in self.block(self.steps, deadline).items()}

    def block(self, steps, deadline):
        environment = os.environ | ({"GIMBAL_SOFT_THREADS": str(self.threads)} if self.threads else {})
        line = json.loads(processes.run([*self.command, "--steps", steps], deadline, env=environment).splitlines()[-1])
        if line.get("threads", self.threads) != self.threads:
            raise Failed(f"Gimbal ran on {line['threads']} threads instead of {self.threads}")
        self.about = {name: about_rule(line, rule, self.names) for rule, name in self.names.items()}
        return self.about

    def stop(self):
        pass


def about_rule(line, rule, names):
    """What a line of `gimbal bench step` says of one rule: with two, equal weights stand in an object of their own."""
    common = {key: value for key, value in line.items() if key not in ("equal", "overhead_over_equal")}
    return common | line["equal"] if rule == "equal" and len(names) == 2 else common


class Peer:
    """A process of worker.py; whatever keeps it from being timed is raised as LeftOut."""

    def __init__(self, name, command, environment):
        self.name, self.command, self.environment = name, command, environment
        self.rule = rule_of(name)
        self.names = {self.rule: name}
        self.conversation, self.about = None, {}

    def prepare(self, deadline=math.inf, room=0):
        """Loads and compiles, by the deadline."""
        self.conversation = Conversation([*self.command, "--room", room], self.environment)
        self.about = self.answer(deadline, "loaded and compiled")

    def check(self, expected, deadline=math.inf):
        """Holds its first steps against a file."""
        self.conversation.tell(f"check {expected}")
        self.about = self.answer(deadline, "captured and checked")

    def time(self, steps, deadline=math.inf):
        self.conversation.tell(f"time {steps}")
        answer = self.answer(deadline, "timed")
        self.about["memory"] = answer["memory"]
        seconds = sorted(answer["seconds"])
        return {self.name: {"min": seconds[0], "median": statistics.median(seconds), "max": seconds[-1]}}

    def answer(self, deadline, what):
        try:
            answer = self.conversation.answer(deadline)
        except Late as late:
            raise LeftOut(f"it was not {what} in time") from late
        except Gone as gone:
            raise LeftOut(f"before it was {what}, {gone}") from gone
        if "failed" in answer:
            raise LeftOut(answer["reason"], answer["failed"] == "wrong")
        return answer

    def grows_by(self):
        """The bytes on the GPU that it takes again whenever it is timed."""
        memory = self.about["memory"]
        return memory.get("peak", 0) - memory.get("held", 0)

    def stop(self):
        if self.conversation:
            self.conversation.stop()


def peer(name, case, args):
    """A peer of args.device and so on, by its name."""
    plain, variant = split(name)
    compilers = {"TORCHINDUCTOR_COMPILE_THREADS": str(max(1, args.threads // AT_A_TIME[args.device]))}
    return Peer(name, [sys.executable, HERE / "worker.py", plain, case, "--device", args.device, "--precision",
                       args.precision, "--unpool", "mask" if variant == "+mask" else "index", "--compile",
                       "off" if variant == "+uncompiled" else args.compile, "--threads", args.threads],
                compilers | processes.pytorch_environment())


def default_peers(description, args):
    """What suits a case, the most telling first: of a network of blocks, or with dropout, the plain ones. Of others,
    where the network upsamples through its pools' indices, with and without indices, and where the strong peers are
    compiled, without that too: cuDNN's own may be the faster."""
    method = description.get("balance", {}).get("method", "equal")
    plain = [name for name, rule in RULES.items() if method == "gradnorm" or rule == "equal"]
    text = json.dumps(description)
    if "blocks" in description.get("model", {}) or '"dropout"' in text:
        return [name for name in plain if name in ("eager_gradnorm", "eager")]
    compiled = args.compile not in ("auto", "off") or args.compile == "auto" and args.device == "cuda"
    variants = ["+uncompiled"] if compiled else []
    variants += ["+mask"] if "max_unpool" in text or '"segnet_vgg16"' in text else []
    return plain + [name + variant for variant in variants for name in plain if name in VARIANTS[variant]]
