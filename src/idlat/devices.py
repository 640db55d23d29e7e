"""Which device networks run on: a processor or a graphics card.

The default model has no network: its arithmetic stays on the processor, the same whatever is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from idlat.errors import IdlatError
from idlat.extras import require

if TYPE_CHECKING:
    import torch

__all__ = ["DEVICES", "check_device", "torch_device"]

#: What can be asked for; ``auto`` is a graphics card where torch can use one.
DEVICES = ("auto", "cpu", "cuda")


def check_device(name: str) -> None:
    """Raise where a device is unknown, or cannot be had.

    torch is loaded only where a graphics card is insisted on.

    Raises
    ------
    IdlatError
        The name is none of :data:`DEVICES`, or there is no graphics card that torch can use.

    Examples
    --------
    >>> check_device("auto")
    >>> check_device("abacus")
    Traceback (most recent call last):
    ...
    idlat.errors.IdlatError: device 'abacus' is unknown: choose one of auto, cpu, cuda
    """
    if name not in DEVICES:
        raise IdlatError(f"device {name!r} is unknown: choose one of {', '.join(DEVICES)}")
    if name == "cuda":
        torch_device(name)


def torch_device(name: str = "auto") -> torch.device:
    """Return a device of torch's.

    Parameters
    ----------
    name
        One of :data:`DEVICES`.

    Raises
    ------
    MissingExtraError
        torch is not installed.
    IdlatError
        A graphics card is insisted on, and there is none that torch can use.
    """
    require(f"device {name}", "torch")
    import torch

    found = torch.cuda.is_available()
    if name == "cuda" and not found:
        raise IdlatError("device cuda: torch finds no graphics card that it can use here; choose auto or cpu")
    return torch.device("cuda" if found and name != "cpu" else "cpu")
