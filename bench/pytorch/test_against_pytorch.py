"""What holds of bench/against-pytorch, whatever its peers do; those of a budget are fakes."""
import contextlib
import importlib.machinery
import importlib.util
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import types
import unittest

import torch

import engines
import processes
from engines import Peer, about_rule, default_peers
from preparing import Absent
from processes import Failed, Late
from report import Report

HERE = pathlib.Path(__file__).resolve().parent
SCRIPT = HERE.parent / "against-pytorch"
CASES = HERE.parent.parent / "core" / "src" / "test" / "resources" / "cases"
NETWORK = HERE.parent / "networks" / "baseline.json"
SOON = 1.5  # seconds, in which every fake that means to is ready


def load_script():
    loader = importlib.machinery.SourceFileLoader("against_pytorch", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    sys.dont_write_bytecode = True  # the script's name has no room for it
    loader.exec_module(module)
    return module


script = load_script()


class FakeGimbal:
    """Takes 0.1 s a step of GradNorm, 0.08 with equal weights; ends the round from `late_from` on."""

    def __init__(self, late_from=99, block=0.0):
        self.names = dict(engines.OURS)
        self.about = {name: {"arena_bytes": 1 << 30} for name in self.names.values()}
        self.late_from, self.block, self.blocks = late_from, block, 0

    def prepare(self, deadline):
        pass

    def room(self):
        return 4 << 30

    def time(self, deadline):
        self.blocks += 1
        if self.blocks >= self.late_from:
            raise Late
        time.sleep(self.block)
        return {name: {"min": seconds, "median": seconds, "max": seconds}
                for name, seconds in (("gimbal", 0.1), ("gimbal_equal", 0.08))}


class BudgetTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.said = self.enterContext(contextlib.redirect_stderr(io.StringIO()))

    def peers(self, **behaviours):
        made = [Peer(name, [sys.executable, HERE / "fake_worker.py", behaviour], os.environ)
                for name, behaviour in behaviours.items()]
        for peer in made:
            self.addCleanup(peer.stop)
        return made

    def compare(self, peers, gimbal=None, rounds=2, limit=30.0, strict=False, make=lambda deadline: None):
        """The JSON of a run whose peers have SOON to get ready."""
        args = types.SimpleNamespace(rounds=rounds, steps=3, device="cuda", precision="bf16", threads=1, budget=9,
                                     json=self.folder / "out.json")
        now = time.monotonic()
        times = types.SimpleNamespace(prepared=now + SOON, settled=now + 2 * SOON, end=now + limit)
        expectation = types.SimpleNamespace(make=make, files={"own": "a", "equal": "b"}, against={})
        absent, gimbal = Absent(strict), gimbal or FakeGimbal()
        report = Report(args, "case", [gimbal], peers, expectation, absent)
        script.compare([gimbal], peers, expectation, absent, args, times, report)
        report.write()
        self.table = report.table()
        return json.loads(args.json.read_text())

    def test_ready_peers_take_turns_and_their_ratios_are_to_gimbal_with_the_same_rule(self):
        found = self.compare(self.peers(strong="good", strong_equal="good"))
        self.assertEqual([["gimbal", "gimbal_equal", "strong", "strong_equal"]] * 2,
                         [list(times) for times in found["rounds"]])
        self.assertAlmostEqual(3.0, found["ratios"]["strong"]["ratio"])
        self.assertAlmostEqual(3.75, found["ratios"]["strong_equal"]["ratio"])
        self.assertAlmostEqual(0.25, found["overhead_over_equal"])
        self.assertEqual({}, found["left_out"])
        self.assertEqual({"torch": "2"}, found["versions"])

    def test_who_is_not_ready_is_left_out_with_a_reason_and_the_others_are_timed(self):
        peers = {"strong_equal": ("hangs preparing", "it was not loaded and compiled in time"),
                 "eager_gradnorm": ("dies preparing", "before it was loaded and compiled, its process ended with signal"
                                    " 9 (as the system does to who takes too much memory)"),
                 "create_graph": ("full", "OutOfMemoryError: 1 MiB are free"),
                 "strong+mask": ("hangs checking", "it was not captured and checked in time"),
                 "eager": ("large", "too little memory on the GPU: beside it 3.0 GiB are free, and 6.0 GiB are needed "
                           "by whoever has its turn")}
        found = self.compare(self.peers(**{name: how for name, (how, _) in peers.items()}, strong="good"))
        self.assertEqual({name: reason for name, (_, reason) in peers.items()}, found["left_out"])
        self.assertEqual(["gimbal", "gimbal_equal", "strong"], list(found["ratios"]))
        self.assertEqual([], found["wrong"])
        self.assertIn("left out: OutOfMemoryError", self.table)

    def test_who_waits_for_its_turn_too_long_is_left_out(self):
        names = ["strong_equal", "strong", "eager_gradnorm", "create_graph"]
        found = self.compare(self.peers(**{name: "hangs preparing" for name in names}, eager="good"))
        self.assertEqual("the time for loading and compiling was over before its turn", found["left_out"]["eager"])

    def test_a_wrong_peer_is_named_so(self):
        found = self.compare(self.peers(strong="wrong", eager="good"))
        self.assertEqual(["strong"], found["wrong"])
        self.assertEqual({"strong": "fake is wrong and is not timed"}, found["left_out"])
        self.assertIn("eager", found["ratios"])

    def test_who_dies_while_it_is_timed_is_left_out_from_then_on(self):
        found = self.compare(self.peers(strong="dies timing", eager="good"))
        self.assertTrue(found["left_out"]["strong"].startswith("in round 1 of 2, before it was timed, its process"))
        self.assertEqual(2, found["ratios"]["eager"]["rounds"])

    def test_there_are_as_many_rounds_as_fit_and_none_begins_that_would_not(self):
        found = self.compare(self.peers(eager="good"), FakeGimbal(block=1.0), rounds=50, limit=6.0)
        self.assertLess(1, len(found["rounds"]))
        self.assertLess(len(found["rounds"]), 7)
        self.assertIn(f"The time is over after {len(found['rounds'])} of 50 rounds", self.said.getvalue())

    def test_rounds_before_gimbal_was_late_are_kept(self):
        found = self.compare(self.peers(eager="good"), FakeGimbal(late_from=3), rounds=5)
        self.assertEqual(2, len(found["rounds"]))
        self.assertEqual({}, found["left_out"])

    def test_who_hangs_when_the_time_is_over_is_told_as_such(self):
        found = self.compare(self.peers(strong="good", eager="hangs timing"), limit=2 * SOON)
        self.assertEqual({"eager": "the time was over before its turn"}, found["left_out"])
        self.assertEqual(1, found["ratios"]["strong"]["rounds"])

    def test_what_peers_must_come_to_may_itself_be_late(self):
        def late(deadline):
            raise Late("the twin")
        found = self.compare(self.peers(strong="good"), make=late)
        self.assertEqual({"strong": "what it must come to was not computed in time"}, found["left_out"])
        self.assertEqual(2, found["ratios"]["gimbal"]["rounds"])

    def test_without_a_budget_nobody_may_be_missing(self):
        with self.assertRaisesRegex(Failed, "strong: fake is wrong"):
            self.compare(self.peers(strong="wrong", eager="good"), strict=True)
        with self.assertRaisesRegex(Failed, "the time was over before Gimbal was timed"):
            self.compare(self.peers(eager="good"), FakeGimbal(late_from=1))

    def test_a_process_that_is_late_is_ended_with_its_children(self):
        begin = time.monotonic()
        with self.assertRaises(Late):
            processes.run(["sh", "-c", "sleep 30 & echo $! > child; wait"], begin + 1, cwd=self.folder)
        child = pathlib.Path("/proc", (self.folder / "child").read_text().strip(), "stat")
        while runs(child) and time.monotonic() < begin + 10:
            time.sleep(0.05)
        self.assertFalse(runs(child))


def runs(stat):
    """Whether a process is there that is neither dead nor a zombie, by its file in /proc."""
    try:
        return stat.read_text().rpartition(")")[2].split()[0] not in "XZ"
    except OSError:
        return False


class PeersOfACaseTest(unittest.TestCase):
    def test_one_process_of_gimbal_tells_of_both_rules(self):
        line = {"engine": "Gimbal", "step_s": 2, "arena_bytes": 5, "overhead_over_equal": 1, "equal": {"step_s": 1}}
        own = {"engine": "Gimbal", "step_s": 2, "arena_bytes": 5}
        self.assertEqual(own, about_rule(line, "own", engines.OURS))
        self.assertEqual(own | {"step_s": 1}, about_rule(line, "equal", engines.OURS))
        self.assertEqual(own, about_rule(own, "equal", {"equal": "gimbal_equal"}))

    def names(self, device, compile_mode, **description):
        return default_peers(description, types.SimpleNamespace(device=device, compile=compile_mode))

    def test_what_the_bars_need_comes_first(self):
        names = self.names("cuda", "auto", balance={"method": "gradnorm"}, model={"network": "segnet_vgg16"})
        plain = ["strong_equal", "strong", "eager_gradnorm", "create_graph", "eager"]
        self.assertEqual([*plain, "strong_equal+uncompiled", "strong+uncompiled", *(f"{name}+mask" for name in plain)],
                         names)
        self.assertTrue(all(map(engines.known, names)))

    def test_only_what_suits_the_case_is_timed(self):
        self.assertEqual(["eager_gradnorm", "eager"],
                         self.names("cuda", "auto", balance={"method": "gradnorm"}, model={"blocks": {}}))
        self.assertEqual(["strong_equal", "eager"], self.names("cpu", "auto", balance={"method": "fixed"}))
        self.assertFalse(engines.known("eager+uncompiled"))
        self.assertFalse(engines.known("fast"))


class ScriptTest(unittest.TestCase):
    """The script as a user starts it; nothing is timed in these."""

    def failure(self, *arguments):
        done = subprocess.run([sys.executable, SCRIPT, *map(str, arguments)], capture_output=True, text=True,
                              check=False)
        self.assertEqual("", done.stdout)
        self.assertNotIn("Traceback", done.stderr)
        self.assertNotIn("round 1 of", done.stderr)
        return done.returncode, done.stderr

    def test_a_peer_that_the_trace_contradicts_ends_the_run_untimed(self):
        with tempfile.TemporaryDirectory() as folder:
            case = pathlib.Path(shutil.copytree(CASES / "absent", pathlib.Path(folder) / "absent"))
            lines = [json.loads(line) for line in (case / "trace.jsonl").read_text().splitlines()]
            lines[4]["grad_norm"]["depth"] *= 1.001
            (case / "trace.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
            status, says = self.failure(case, "--peers", "eager_gradnorm", "--rounds", 1, "--threads", 1)
        self.assertEqual(1, status)
        self.assertIn("eager_gradnorm is wrong and is not timed: step 4, grad_norm of depth", says)

    def test_what_cannot_be_run_is_refused_in_a_sentence(self):
        absent = CASES / "absent"
        refusals = {
            (HERE, "--rounds", 1): (1, "neither a case folder"),
            (absent, "--peers", "fast"): (2, "'fast' is none of strong_equal"),
            (absent, "--steps", 0): (2, "--steps is 0; it must be at least 1"),
            (absent, "--budget", 0): (2, "--budget is 0; it must be at least 1"),
            (absent, "--peers", "strong", "--precision", "tf32"): (1, "tf32"),
            ("resnet50_fcn", "--output", "full"): (1, "leaves a quarter"),
            ("segnet_vgg16", "--budget", 1): (1, "The time was over before anything was timed"),
            (NETWORK, "--set", "modl.width=1"): (1, "--set modl.width=1: modl is no object of"),
            (NETWORK, "--set", "model.width=-1"): (1, "width"),
        }
        if not torch.cuda.is_available():
            refusals[absent, "--peers", "strong", "--device", "cuda"] = 1, "GPU"
        for arguments, (status, says) in refusals.items():
            with self.subTest(arguments=arguments):
                code, error = self.failure(*arguments)
                self.assertEqual(status, code)
                self.assertIn(says, error)


if __name__ == "__main__":
    unittest.main()
