"""Writes record_batches.arrows: what pyarrow makes of tensors, lists in lists and nulls. ArrowBatchesTest knows the numbers."""

import pathlib
import sys

import numpy as np
import pyarrow as pa

HEIGHT, WIDTH = 4, 6


def pixels(row):
    count = HEIGHT * WIDTH * 3
    return ((37 * np.arange(count) + 11 * row) % 256).astype(np.uint8).reshape(HEIGHT, WIDTH, 3)


def record_batch(first, rows):
    numbers = range(first, first + rows)
    tensors = np.stack([pixels(row) for row in numbers]) if rows else np.zeros((0, HEIGHT, WIDTH, 3), np.uint8)
    image = pa.ExtensionArray.from_storage(pa.fixed_shape_tensor(pa.uint8(), (HEIGHT, WIDTH, 3)), pa.array(
        [tensor.ravel().tolist() for tensor in tensors], pa.list_(pa.uint8(), HEIGHT * WIDTH * 3)))
    depth = pa.array([None if row % 4 == 3 else np.full((HEIGHT, WIDTH), row + 0.5).tolist() for row in numbers],
                     pa.list_(pa.list_(pa.float64())))
    parts = pa.array([[(row + place) % 5 for place in range(HEIGHT * WIDTH)] for row in numbers],
                     pa.large_list(pa.int8()))
    side = pa.array([None if row == 2 else row % 2 == 1 for row in numbers], pa.bool_())
    name = pa.array([f"row {row}" for row in numbers], pa.string())
    return pa.RecordBatch.from_arrays([name, image, depth, parts, side], ["name", "image", "depth", "parts", "side"])


def main():
    batches = [record_batch(0, 5), record_batch(5, 0), record_batch(5, 4)]
    with pa.ipc.new_stream(pathlib.Path(sys.argv[1]), batches[0].schema) as stream:
        for batch in batches:
            stream.write_batch(batch)


main()
