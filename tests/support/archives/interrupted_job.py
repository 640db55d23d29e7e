"""Compress and be killed on the way: ``python interrupted_job.py OUTPUT FIELD CHUNKS``."""

import os
import signal
import sys
from pathlib import Path

import numpy as np

import idlat
from idlat.archive.write import variable_encoder

sys.path.insert(0, str(Path(__file__).parents[2]))
from support.models.linear_model import LinearModel


def main(output: str, field: str, chunks: str) -> None:
    left, whole = int(chunks), variable_encoder.seal_object

    def seal_object(stream, tag):
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(stream, tag)

    variable_encoder.seal_object = seal_object
    field, model = np.load(field), LinearModel()
    idlat.compress(field, output, "value > 11", model, workers=1, keep_importance=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
