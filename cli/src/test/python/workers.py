#!/usr/bin/env python3
"""Runs workers of bench/pytorch, each until it has held its first steps against a file.

    python3 workers.py FOLDER CASE [NAME PEER FILE]...

For each: FOLDER/NAME.said, what it said on both streams, and FOLDER/NAME.status, its exit status. A worker is a process
of its own, forked from this one behind the import of PyTorch, which takes most of a worker's time.
"""
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[4] / "bench" / "pytorch"))
import worker  # noqa: E402


def check(said, case, peer, file):
    """Becomes a worker that is told one line, and ends when its standard input does; never returns."""
    reader, writer = os.pipe()
    os.write(writer, f"check {file}\n".encode())
    os.close(writer)
    os.dup2(reader, 0)
    output = os.open(said, os.O_WRONLY | os.O_CREAT)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.argv = ["worker.py", peer, case]
    worker.main()
    sys.exit(0)


folder = pathlib.Path(sys.argv[1])
for name, peer, file in zip(*[iter(sys.argv[3:])] * 3):
    child = os.fork()
    if child == 0:
        check(folder / f"{name}.said", sys.argv[2], peer, file)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    (folder / f"{name}.status").write_text(str(status))
