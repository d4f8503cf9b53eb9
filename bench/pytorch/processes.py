"""Child processes that can be ended in time, with all that they started: each has a process group of its own.

A deadline is a reading of `time.monotonic`; math.inf is none.
"""
import contextlib
import json
import math
import os
import queue
import signal
import subprocess
import threading
import time

PATIENCE = 3  # seconds for a killed process to be gone: a GPU's driver takes a moment to free what it held

# On the CPU PyTorch leaves memory to the C library, and glibc hands every large tensor back to the system: each step
# then pays for fresh pages. With these it keeps them, which made the peers up to twice as fast. Threads that wait for
# work sleep, as Gimbal's do.
PYTORCH = {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str(1 << 34),
           "MALLOC_TOP_PAD_": str(1 << 26), "OMP_WAIT_POLICY": "passive"}


class Failed(Exception):
    """Why there is nothing to report; one sentence."""


class Late(Exception):
    """The deadline passed first."""


class Gone(Exception):
    """A process ended that should have answered."""


def seconds_to(deadline):
    """To wait; None without a deadline, as the standard library has it."""
    return None if deadline == math.inf else max(0.0, deadline - time.monotonic())


def pytorch_environment():
    """What the caller's own environment does not say otherwise."""
    return PYTORCH | os.environ


def start(command, **more):
    return subprocess.Popen([str(word) for word in command], text=True, start_new_session=True, **more)


def end(*processes):
    """Kills them and their children, and waits a little until they are gone."""
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds_to(deadline))


def run(command, deadline=math.inf, errors=subprocess.PIPE, **more):
    """A command's standard output; what it says on standard error is shown where it fails. `errors` None: at once."""
    process = start(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, **more)
    try:
        output, said = process.communicate(timeout=seconds_to(deadline))
    except subprocess.TimeoutExpired as late:
        raise Late(f"{' '.join(map(str, command))} was not done in time") from late
    finally:
        end(process)
    if process.returncode:
        raise Failed(f"{' '.join(map(str, command))} failed" + (f":\n{said.strip()}" if said else ""))
    return output


class Conversation:
    """A process that is told lines and answers each with a line of JSON."""

    def __init__(self, command, environment=None):
        self.process = start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        """Until the end; a thread of its own, so that an answer can be waited for with a deadline."""
        with self.process.stdout:
            for line in self.process.stdout:
                self.lines.put(line)
        self.lines.put(None)

    def tell(self, line):
        with contextlib.suppress(OSError):  # it is gone: the answer says so
            self.process.stdin.write(f"{line}\n")
            self.process.stdin.flush()

    def answer(self, deadline=math.inf):
        try:
            line = self.lines.get(timeout=seconds_to(deadline))
        except queue.Empty as late:
            raise Late from late
        if line is None:
            raise Gone(f"its process ended with {status(self.process.wait())}")
        return json.loads(line)

    def stop(self):
        stop(self)


def stop(*conversations):
    """All at once."""
    end(*(one.process for one in conversations))
    for one in conversations:
        with contextlib.suppress(OSError):
            one.process.stdin.close()


def status(code):
    if code >= 0:
        return f"status {code}"
    killed = " (as the system does to who takes too much memory)" if code == -signal.SIGKILL else ""
    return f"signal {-code}{killed}"
