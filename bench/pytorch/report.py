"""What a run of bench/against-pytorch found, as JSON and as a table; bench/README.md says what the fields mean."""
import datetime
import json
import os
import pathlib
import platform
import shutil
import subprocess
import time

from turns import over_equal, summary, table


class Report:
    """Fills as the run goes on, and is written after every round: whatever ends the run, the rounds so far stay."""

    def __init__(self, args, case, ours, peers, expectation, absent):
        self.args, self.case, self.ours, self.peers = args, case, ours, peers
        self.expectation, self.absent = expectation, absent
        self.rounds, self.seconds, self.begin = [], {}, time.monotonic()
        self.failed = None

    def passed(self, stage):
        """A stage is over; tells how many seconds it took."""
        now = time.monotonic()
        self.seconds[stage] = round(now - self.begin, 1)
        self.begin = now

    def add(self, times):
        self.rounds.append(times)
        self.write()

    def has(self, name):
        return any(name in times for times in self.rounds)

    def rows(self):
        rules = {name: rule for engine in [*self.ours, *self.peers] for rule, name in engine.names.items()}
        return summary(rules, self.rounds)

    def table(self):
        return table(self.rows(), self.absent.reasons, over_equal(self.rounds))

    def write(self):
        """Whole or not at all, for the run may be ended meanwhile."""
        if self.args.json:
            fresh = self.args.json.with_name(self.args.json.name + ".part")
            fresh.write_text(json.dumps(self.found(), indent=1) + "\n")
            os.replace(fresh, self.args.json)

    def found(self):
        args = self.args
        about = {name: found for engine in self.ours for name, found in engine.about.items()}
        about |= {peer.name: peer.about for peer in self.peers if "versions" in peer.about}
        versions = next((found["versions"] for found in about.values() if "versions" in found), {})
        gpu = next((found["device"] for found in about.values() if "versions" in found), None)
        return {"date": datetime.date.today().isoformat(), "case": self.case, "device": args.device,
                "precision": args.precision, "steps": args.steps, "processor": processor(), "threads": args.threads,
                "gpu": gpu if args.device == "cuda" else None, "driver": driver() if args.device == "cuda" else None,
                "versions": versions, "budget_s": args.budget, "seconds": self.seconds,
                "checked_against": self.expectation.against, "engines": about, "ratios": self.rows(),
                "overhead_over_equal": over_equal(self.rounds), "left_out": self.absent.reasons,
                "wrong": self.absent.wrong, "failed": self.failed, "rounds": self.rounds}


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def driver():
    """The version of NVIDIA's driver; None where nvidia-smi does not tell."""
    program = shutil.which("nvidia-smi")
    if not program:
        return None
    try:
        said = subprocess.run([program, "--query-gpu=driver_version", "--format=csv,noheader"], capture_output=True,
                              text=True, timeout=5, check=False).stdout.split()
    except (OSError, subprocess.TimeoutExpired):
        return None
    return said[0] if said else None
