"""A case folder: a network, its tasks, balancing and optimiser, start values, batches and, mostly, a trace.

    case.json            the description
    init.safetensors     every parameter and buffer before step 0
    batches.safetensors  "K.input.NAME" and "K.target.TASK"; step k takes batch k modulo their number
    trace.jsonl          where there is one: loss, weight, grad_norm by task and the total of every step, from float64

Images are [N, C, H, W], convolutions' filters [out, in, height, width], classes int64.
"""
import json
import math
import mmap
import os
import pathlib
import struct
from dataclasses import dataclass

import torch

TYPES = {"F32": torch.float32, "F64": torch.float64, "I64": torch.int64}


class CaseError(Exception):
    """What is wrong with a case, or why a peer cannot run it; shown to the user as one sentence."""


@dataclass
class Case:
    """A case in memory; a batch is (image, {task: target}), a step of the trace is a line of trace.jsonl."""
    name: str
    description: dict
    initial: dict
    batches: list
    trace: list

    @property
    def calm(self):
        """Start values for a check: the batch norms' biases are 2, so that nearly nothing is cut off at 0.

        From ordinary ones a deep network of batch norms magnifies a rounding from layer to layer: of SegNet, bf16 then
        finds a norm 25 % off, as float32 does from inputs that are off by as much as bf16 rounds.
        """
        biases = {name.replace("running_mean", "bias") for name in self.initial if name.endswith(".running_mean")}
        return {name: torch.full_like(value, 2) if name in biases else value for name, value in self.initial.items()}

    @property
    def tasks(self):
        return self.description["tasks"]

    @property
    def balance(self):
        return self.description.get("balance", {"method": "equal"})


def read_case(folder):
    folder = pathlib.Path(folder)
    for file in ("case.json", "init.safetensors", "batches.safetensors"):
        if not (folder / file).is_file():
            raise CaseError(f"{folder} is not a case folder: it has no {file}")
    try:
        description = json.loads((folder / "case.json").read_text())
    except ValueError as error:
        raise CaseError(f"{folder / 'case.json'} is not JSON: {error}") from error
    trace = folder / "trace.jsonl"
    lines = [json.loads(line) for line in trace.read_text().splitlines()] if trace.is_file() else []
    batches = to_batches(read_tensors(folder / "batches.safetensors"), description["tasks"], folder)
    initial = read_tensors(folder / "init.safetensors")
    initial.pop("shared", None)  # W stands there once more
    return Case(folder.resolve().name, description, initial, batches, lines)


def to_batches(tensors, tasks, folder):
    batches = []
    while any(name.startswith(f"{len(batches)}.input.") for name in tensors):
        number = len(batches)
        image = next(tensor for name, tensor in tensors.items() if name.startswith(f"{number}.input."))
        missing = [task for task in tasks if f"{number}.target.{task}" not in tensors]
        if missing:
            raise CaseError(f"{folder}/batches.safetensors: batch {number} has no target for {missing[0]}")
        batches.append((image, {task: tensors[f"{number}.target.{task}"] for task in tasks}))
    if not batches:
        raise CaseError(f"{folder}/batches.safetensors has no tensor 0.input.NAME")
    return batches


def read_tensors(path):
    """The tensors of a safetensors file by name: u64 length of the header, the header as JSON, the data."""
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        # A private mapping: what is read of it is copied once, into the tensor.
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) if size else b""
    length = struct.unpack_from("<Q", data)[0] if size >= 8 else size
    if length > size - 8:
        raise CaseError(f"{path} is not a safetensors file: its header would be {length} bytes long")
    tensors = {}
    for name, entry in json.loads(data[8:8 + length]).items():
        if name == "__metadata__":
            continue
        kind, shape, (begin, end) = TYPES.get(entry["dtype"]), entry["shape"], entry["data_offsets"]
        if kind is None:
            raise CaseError(f"{path}: {name} is of type {entry['dtype']}; read are {', '.join(TYPES)}")
        if not 0 <= begin <= end <= size - 8 - length or end - begin != kind.itemsize * math.prod(shape):
            raise CaseError(f"{path}: {name} says bytes {begin} to {end}, which do not fit shape {shape} or the file")
        count = math.prod(shape)
        flat = torch.frombuffer(data, dtype=kind, count=count, offset=8 + length + begin) if count else torch.empty(0)
        tensors[name] = flat.to(kind).reshape(shape).clone()
    return tensors


def write_tensors(path, tensors):
    names = {kind: name for name, kind in TYPES.items()}
    header, at = {}, 0
    for name, tensor in tensors.items():
        size = tensor.numel() * tensor.element_size()
        header[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(memoryview(tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy()))
