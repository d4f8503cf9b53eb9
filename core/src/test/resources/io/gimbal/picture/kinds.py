"""Writes kinds.mat and kinds-packed.mat, which MatlabFileTest reads. Needs numpy and scipy."""
import numpy as np
import scipy.io
import scipy.sparse

arrays = {
    "labels": np.arange(12, dtype=np.uint16).reshape(3, 4) * 1000,
    "deep": np.arange(12, dtype=np.float64).reshape(2, 3, 2) / 4,
    "small": np.arange(-3, 3, dtype=np.int8).reshape(2, 3),
    "text": "sofa",
    "cells": np.array([[np.float32(2.5), "\u00e4b"]], dtype=object),
    "thing": {"name": "x", "size": np.array([[1.0, 2.0]])},
    "sparse": scipy.sparse.eye(3).tocsc(),
    "complex": np.array([[1 + 2j]]),
    "none": np.zeros((0, 0)),
    "flag": np.array([[True, False]]),
}
scipy.io.savemat("kinds.mat", arrays, do_compression=False)
scipy.io.savemat("kinds-packed.mat", arrays, do_compression=True)
