"""Checkpoints of a training: written whole or not at all, and read back."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from idlat.errors import ModelError
from idlat.outputs import staged_file

__all__ = ["load_checkpoint", "write_checkpoint"]

_VERSION = 1


def write_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Write a checkpoint.

    Raises
    ------
    OutputError
        The disk is full, or cannot be written.
    """
    content = io.BytesIO()  # torch says of a full disk no more than that its writer failed
    torch.save({"version": _VERSION, **state}, content)
    with staged_file(path) as temporary:
        # no getbuffer(): where an error holds on to it, collecting garbage ends CPython 3.12.1
        temporary.write_bytes(content.getvalue())


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint.

    Raises
    ------
    ModelError
        If the file is absent or no checkpoint.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ModelError(f"{path}: no checkpoint to resume from; start without --resume") from None
    except Exception as error:
        raise ModelError(
            f"{path}: not a checkpoint ({type(error).__name__}); remove it and start again"
        ) from None
    if not isinstance(state, dict) or state.get("version") != _VERSION:
        raise ModelError(f"{path}: not a checkpoint of this version; remove it and start again")
    return state
