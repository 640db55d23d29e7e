"""Numbers and tables for people, JSON for programs."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any

from idlat.errors import Remark

if TYPE_CHECKING:
    from idlat.archive import Archive, ArchiveInfo, Errors, Evaluation

_WORSE = 1.0  # dB by which a step must lie below all steps together to be told


def print_json(result: Any) -> None:
    """Print exactly one JSON object; what is not finite is null."""
    print(json.dumps(_plain(result), indent=2, sort_keys=False))


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, str | bool | int) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    return value.item() if hasattr(value, "item") else str(value)


def print_table(rows: Mapping[str, str]) -> None:
    """Print names and values in two columns.

    Examples
    --------
    >>> print_table({"LSR": "80.0", "wPSNR": "40.1 dB"})
    LSR    80.0
    wPSNR  40.1 dB
    """
    width = max(map(len, rows), default=0)
    for name, value in rows.items():
        print(f"{name:<{width}}  {value}")


def size(count: float) -> str:
    """Bytes for people.

    Examples
    --------
    >>> size(999), size(8388608)
    ('999 B', '8.39 MB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}" if unit != "B" else f"{count:.0f} B"
        count /= 1000
    return f"{count:.3g} TB"


def number(value: float | None, unit: str = "") -> str:
    """Four digits and the unit; a dash where there is none.

    Examples
    --------
    >>> number(38.1234, "dB"), number(None)
    ('38.12 dB', '—')
    """
    if value is None or not math.isfinite(value):
        return "—"
    return f"{value:.4g} {unit}".rstrip()


def remark_losses(archive: Archive) -> None:
    """Say that an archive has lost something, if it has."""
    if count := len(archive.losses.objects):
        warnings.warn(
            f"{archive.path} has lost {count} object{'s' if count > 1 else ''}: voxels that depend on "
            f"{'them' if count > 1 else 'it'} are missing (`idlat info` names them)",
            Remark,
            stacklevel=2,
        )


def outcome(info: ArchiveInfo, original: int) -> str:
    """Say how small an archive is, of how many bytes, and how good; several variables have a line each.

    Examples
    --------
    >>> from idlat.archive import ArchiveInfo, Errors, VariableInfo
    >>> one = VariableInfo("p", (8, 16, 16), "float32", (8, 16, 16), "value > 0", Errors(50.0, 48.0, 0.1))
    >>> print(outcome(ArchiveInfo(2, "default", "", 0.0, 7.0, None, (one,), 512, 2048), 8192))
    512 B of 8.19 kB, LSR 16 (with metadata 2.05 kB, LSR 4); wPSNR 50 dB, PSNR 48 dB
    """
    streams, everything = info.bytes_streams, info.bytes_archive
    said = f"{size(streams)} of {size(original)}, LSR {number(original / streams)}"
    said += f" (with metadata {size(everything)}, LSR {number(original / everything)})"
    good = {
        variable.name: "exact"
        if errors.max_error == 0
        else f"wPSNR {number(errors.wpsnr, 'dB')}, {psnr(errors)}"
        for variable in info.variables
        if (errors := variable.errors) is not None
    }
    if len(info.variables) == 1:
        return "; ".join([said, *good.values()])
    width = max(map(len, good), default=0)
    return "\n".join([said, *(f"  {name:<{width}}  {how}" for name, how in good.items())])


def psnr(errors: Errors | Evaluation) -> str:
    """Say the PSNR, and where it says little of most voxels or of a step, theirs.

    Examples
    --------
    >>> from idlat.archive import Errors
    >>> psnr(Errors(50.0, 48.0, 0.1, worst_step=3, worst_step_psnr=47.9))
    'PSNR 48 dB'
    >>> psnr(Errors(600.0, 600.0, 0.1, outliers=2, psnr_without_outliers=41.0))
    'PSNR 600 dB (41 dB without 2 outliers)'
    """
    told = []
    if errors.outliers and errors.psnr_without_outliers is not None:
        told.append(
            f"{number(errors.psnr_without_outliers, 'dB')} without {errors.outliers} outlier"
            + ("s" if errors.outliers > 1 else "")
        )
    if errors.worst_step_psnr is not None and errors.worst_step_psnr < (errors.psnr or 0) - _WORSE:
        told.append(f"{number(errors.worst_step_psnr, 'dB')} at step {errors.worst_step}")
    return f"PSNR {number(errors.psnr, 'dB')}" + (f" ({', '.join(told)})" if told else "")
