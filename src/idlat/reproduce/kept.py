"""What took long to compute, kept in a file beside what it was computed from, and used again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from idlat.outputs import staged_file

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["kept_arrays"]

Arrays = Mapping[str, NDArray[Any]]


def kept_arrays(path: Path, parameters: DataclassInstance, make: Callable[[], Arrays]) -> Arrays:
    """Return the arrays that stand in a file, if they are of the same parameters; else make and keep them.

    A damaged file is written anew.

    Parameters
    ----------
    path
        Of the ``.npz`` file; its folder exists.
    parameters
        All that the arrays depend on.
    make
        Makes them, by name; ``parameters`` is no name for one.
    """
    said = json.dumps(asdict(parameters))
    if path.exists():
        try:
            with path.open("rb") as file, np.load(file) as kept:
                if str(kept["parameters"]) == said:
                    return {name: kept[name] for name in kept.files if name != "parameters"}
        except (OSError, ValueError, KeyError, BadZipFile):  # damaged: made again
            pass
    found = make()
    with staged_file(path) as temporary, temporary.open("wb") as out:
        np.savez(out, allow_pickle=False, parameters=np.array(said), **found)
    return found
