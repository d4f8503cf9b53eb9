"""Getting the peers ready, and telling which are not: nothing of this runs while anything is timed.

First every peer loads and compiles: on a GPU several at a time, for that is the processor's work. Then, one at a
time, each chooses cuDNN's algorithms by their time, captures its step and is held against what it must come to.
"""
import math
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from engines import AT_A_TIME, LeftOut
from processes import Failed, Late

GIB = 1 << 30


def say(text):
    print(text, file=sys.stderr, flush=True)


class Absent:
    """The peers that are not timed, or no longer: {name: reason}, and the names of those that are wrong."""

    def __init__(self, strict):
        self.strict = strict
        self.reasons, self.wrong = {}, []

    def add(self, peer, left_out):
        """Ends the peer; where nobody may be missing, everything."""
        peer.stop()
        if self.strict:
            raise Failed(f"{peer.name}: {left_out}")
        say(f"{peer.name} is left out: {left_out}")
        self.reasons[peer.name] = str(left_out)
        if left_out.wrong:
            self.wrong.append(peer.name)


def prepared(peers, expectation, absent, device, room=0, deadline=math.inf):
    """The peers that loaded and compiled by the deadline, beside the making of what they are held against."""
    pool = ThreadPoolExecutor(AT_A_TIME[device])
    try:
        expected = pool.submit(expectation, deadline)
        outcomes = [(peer, pool.submit(prepare, peer, room, deadline)) for peer in peers]
        unknown = why_unknown(expected)
        ready = []
        for peer, outcome in outcomes:
            left_out = outcome.result() or unknown
            if left_out:
                absent.add(peer, left_out)
            else:
                ready.append(peer)
        return ready
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def why_unknown(expected):
    """Why the peers cannot be checked, or None."""
    try:
        expected.result()
    except Late:
        return LeftOut("what it must come to was not computed in time")
    except Failed as failure:
        return LeftOut(f"what it must come to is not known: {failure}")
    return None


def prepare(peer, room, deadline):
    """Why the peer is left out, or None."""
    begin = time.monotonic()
    if begin >= deadline:
        return LeftOut("the time for loading and compiling was over before its turn")
    say(f"{peer.name}: loading and compiling ...")
    try:
        peer.prepare(deadline, room)
    except LeftOut as left_out:
        peer.stop()  # the next one may need its memory
        return left_out
    say(f"{peer.name}: loaded and compiled in {time.monotonic() - begin:.0f} s")
    return None


def settled(peers, files, absent, room=0, deadline=math.inf):
    """The peers, one after the other, that compute what they should, and for which there is memory."""
    ready = []
    for peer in peers:
        now = time.monotonic()
        # Half of what is left at most: one that hangs must not take the turn of all behind it.
        until = math.inf if deadline == math.inf else now + (deadline - now) / 2
        try:
            if now >= deadline:
                raise LeftOut("the time for checking was over before its turn")
            say(f"{peer.name}: checking its first steps ...")
            peer.check(files[peer.rule], until)
            require_memory(peer, ready, room)
        except LeftOut as left_out:
            absent.add(peer, left_out)
            continue
        worst = ", ".join(f"{figure} {off:.1e}" for figure, off in peer.about["deviations"].items())
        say(f"{peer.name}: right over {peer.about['checked_steps']} steps; largest deviations: {worst}; "
            f"{time.monotonic() - now:.0f} s")
        ready.append(peer)
    return ready


def require_memory(peer, ready, room):
    """Beside all that keep their memory, whoever has its turn must find what it takes then."""
    free = peer.about["memory"].get("free")
    needed = max([room, peer.grows_by()] + [one.grows_by() for one in ready])
    if free is not None and free < needed:
        raise LeftOut(f"too little memory on the GPU: beside it {free / GIB:.1f} GiB are free, and {needed / GIB:.1f} "
                      "GiB are needed by whoever has its turn")
