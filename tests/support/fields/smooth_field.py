"""A field of waves and a little noise, for tests of the default model."""

import numpy as np


def smooth(shape, seed=0):
    rng = np.random.default_rng(seed)
    places = np.indices(shape, dtype=np.float64).reshape(3, -1)
    waves = sum(np.sin(rng.uniform(0, 0.4, 3) @ places + rng.uniform(0, 6)) for _ in range(4))
    values = waves.reshape(shape) + 0.05 * rng.normal(size=shape)
    return ((values - values.mean()) / (values.std() or 1)).astype(np.float32)
