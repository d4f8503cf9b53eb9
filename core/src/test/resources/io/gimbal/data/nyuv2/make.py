"""Writes the files that NyuLabeledTest reads, in the form of nyu_depth_v2_labeled.mat and what lies beside it.
Needs h5py, numpy and scipy."""
import gzip
import os

import h5py
import numpy as np
import scipy.io

SAMPLES, WIDTH, HEIGHT = 5, 8, 6
START = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Sun Nov 29 09:00:00 2026 HDF5 schema 1.00 ."


def write(name, changed):
    sample, column, row = np.meshgrid(np.arange(SAMPLES), np.arange(WIDTH), np.arange(HEIGHT), indexing="ij")
    arrays = {
        "images": np.stack([10 * sample + column, 100 + row, 50 * sample + 0 * row], 1).astype(np.uint8),
        "depths": (2 + sample + 0 * row).astype(np.float32),
        "labels": (sample * 100 + column * 10 + row).astype(np.uint16),
    }
    arrays.update(changed(arrays))
    with h5py.File(name, "w", userblock_size=512) as file:
        for key, values in arrays.items():
            chunks = (2,) + tuple(min(extent, 4) for extent in values.shape[1:])
            file.create_dataset(key, data=values, chunks=chunks, compression="gzip")
    with open(name, "r+b") as file:
        file.write(START.ljust(124) + b"\x00\x02IM")
    with open(name, "rb") as file, gzip.GzipFile(name + ".gz", "wb", mtime=0) as packed:
        packed.write(file.read())
    os.remove(name)


def with_bad_depth(arrays):
    depths = arrays["depths"].copy()
    depths[3, 5, 2] = np.nan
    return {"depths": depths}


write("labeled.mat", lambda arrays: {})
write("bad-depth.mat", with_bad_depth)
write("turned.mat", lambda arrays: {"depths": arrays["depths"].transpose(0, 2, 1)})
write("doubles.mat", lambda arrays: {"depths": arrays["depths"].astype(np.float64)})
mapped = np.arange(894).reshape(1, 894) % 40 + 1
mapped[0, 4] = 0
scipy.io.savemat("classMapping40.mat", {"mapClass": mapped.astype(float), "className": np.array([["wall"]], object)},
                 do_compression=True)
scipy.io.savemat("splits.mat", {"trainNdxs": np.array([[1], [3], [4]], np.uint16),
                                "testNdxs": np.array([[2], [5]], np.uint16)})
