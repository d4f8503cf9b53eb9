"""Stands in for worker.py in tests: answers as it does, and behaves as its one argument says."""
import json
import os
import sys
import time

GIB = 1 << 30
behaviour = sys.argv[1]
free = 3 * GIB if behaviour == "large" else 60 * GIB
memory = {"peak": 8 * GIB, "held": 2 * GIB, "free": free, "total": 80 * GIB}


def answer(**fields):
    print(json.dumps(fields | {"memory": memory}), flush=True)


def fail(kind, reason):
    print(json.dumps({"failed": kind, "reason": reason}), flush=True)
    sys.exit(1)


def stop_here(stage):
    if behaviour == f"hangs {stage}":
        time.sleep(60)
    if behaviour == f"dies {stage}":
        os.kill(os.getpid(), 9)


stop_here("preparing")
if behaviour == "full":
    fail("memory", "OutOfMemoryError: 1 MiB are free")
answer(prepared="fake")
for line in sys.stdin:
    if line.startswith("check"):
        stop_here("checking")
        if behaviour == "wrong":
            fail("wrong", "fake is wrong and is not timed")
        answer(peer="fake", versions={"torch": "2"}, device="fake", checked_steps=1, deviations={"loss": 0.0})
    else:
        stop_here("timing")
        answer(seconds=[0.2, 0.4, 0.3])
