"""Compress and be killed on the way: ``python interrupted_job.py OUTPUT FIELD CHUNKS``."""

import os
import signal
import sys
from pathlib import Path

import numpy as np

import idlat
from idlat.archive import encode

sys.path.insert(0, str(Path(__file__).parent))
from linear_model import LinearModel

output, field, chunks = sys.argv[1], sys.argv[2], int(sys.argv[3])
left = chunks


def encode_objects(model, parts, whole=encode.encode_objects):
    global left
    left -= len(parts)
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(model, parts)


encode.encode_objects = encode_objects
idlat.compress(
    np.load(field), output, importance="value > 11", model=LinearModel(), workers=1, keep_importance=True
)
