"""The rounds: the engines take turns, A B C A B C, while there is time. And what comes of them."""
import math
import statistics
import time

from engines import OURS, LeftOut
from preparing import say
from processes import Late


def take_turns(ours, peers, absent, args, report, deadline=math.inf):
    """Adds rounds, {engine: times} each, to the report; the last one may lack engines."""
    longest = 0.0
    for number in range(1, args.rounds + 1):
        begin = time.monotonic()
        if begin + longest >= deadline:
            say(f"The time is over after {number - 1} of {args.rounds} rounds")
            return
        times = {}
        complete = one_round(times, ours, peers, absent, args, deadline, f"round {number} of {args.rounds}")
        if times:
            report.add(times)
        if not complete:
            say(f"The time was over during round {number} of {args.rounds}")
            return
        longest = max(longest, time.monotonic() - begin)


def one_round(times, ours, peers, absent, args, deadline, title):
    """Fills in the times; whether all had their turn. A peer that fails has none from then on."""
    try:
        for engine in ours:
            note(times, engine.time(deadline), title)
        for peer in list(peers):
            try:
                note(times, peer.time(args.steps, deadline), title)
            except LeftOut as left_out:
                if time.monotonic() >= deadline:
                    return False
                peers.remove(peer)
                absent.add(peer, LeftOut(f"in {title}, {left_out}", left_out.wrong))
    except Late:
        return False
    return True


def note(times, found, title):
    times.update(found)
    for name, seconds in found.items():
        say(f"{title}: {name} {1e3 * seconds['median']:.2f} ms")


def summary(rules, rounds):
    """{engine: the median of its medians, and its ratio to Gimbal with the same rule: median, least, largest}, of the
    engines that were timed; `rules` has theirs."""
    rows = {}
    for name, rule in rules.items():
        both = [times for times in rounds if name in times and OURS[rule] in times]
        if both:
            ratios = sorted(times[name]["median"] / times[OURS[rule]]["median"] for times in both)
            rows[name] = {"step_s": statistics.median(times[name]["median"] for times in both), "against": OURS[rule],
                          "ratio": statistics.median(ratios), "least": ratios[0], "largest": ratios[-1],
                          "rounds": len(both)}
    return rows


def over_equal(rounds):
    """By how much GradNorm's step in Gimbal takes longer than that with equal weights, as a share; None: not timed."""
    ratios = [times["gimbal"]["median"] / times["gimbal_equal"]["median"] for times in rounds
              if "gimbal" in times and "gimbal_equal" in times]
    return statistics.median(ratios) - 1 if ratios else None


def table(rows, left_out, share):
    """The lines that a person reads."""
    width = max(map(len, [*rows, *left_out, "engine"])) + 2
    lines = [f"{'engine':{width}}{'ms a step':>12}  {'against':14}{'ratio':>8}   over the rounds"]
    for name, row in rows.items():
        line = f"{name:{width}}{1e3 * row['step_s']:12.2f}"
        if name != row["against"]:
            line += f"  {row['against']:14}{row['ratio']:8.3f}   {row['least']:.3f} to {row['largest']:.3f}"
        lines.append(line)
    lines += [f"{name:{width}}left out: {reason}" for name, reason in left_out.items()]
    if share is not None:
        lines.append(f"GradNorm over equal weights in Gimbal: {100 * share:+.1f} %")
    return "\n".join(lines)
