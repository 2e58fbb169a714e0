"""Names for the arrays that pass between modules. Belongs here: types only; shapes and units are in docstrings."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
TimeArray = npt.NDArray[np.datetime64]
Matrix = npt.NDArray[np.float32]
"""Features, shape (n, features), NaN where a value is missing."""
