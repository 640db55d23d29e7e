"""`idlat info`, `idlat evaluate` and `idlat verify`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from idlat.cli import options
from idlat.cli.files import FieldFiles, stated_importance
from idlat.cli.progress_bar import progress_bar
from idlat.cli.show import number, print_json, print_table, psnr, remark_losses, size
from idlat.errors import IdlatError

if TYPE_CHECKING:
    from idlat.archive import BlockInfo, IsosurfaceDistance, Scores, Verification
    from idlat.archive.check.isosurface_distance import PhysicalDistance
    from idlat.archive.format.error_bound import ErrorBound

_CONTRACT = (
    *("wpsnr", "psnr", "max_error", "correlation", "lsr", "lsr_everything"),
    *("bytes_streams", "bytes_archive", "bytes_original"),
)
"""What `evaluate --json` prints; programs rely on these names and no others."""


def info(archive: options.ArchivePath, json: options.Json = False) -> None:
    r"""Show what an archive holds.

    \b
    Examples:
      idlat info run.idlat
      idlat info run.idlat --json
    """
    from idlat.archive import BlockInfo
    from idlat.archive.read.info_at_path import info_at

    result = info_at(archive)
    if json:
        shown = asdict(result)
        lost = shown.pop("lost")
        print_json({**shown, "lost": lost} if lost else shown)
        return
    rows = {
        "format version": str(result.format_version),
        "model": f"{result.preset} ({result.model_sha256[:16]}…)",
        "gain": f"{result.gain:.3f}",
        "importance range": number(result.importance_range),
        **({} if result.bound is None else {"largest error": _bound(result.bound)}),
        **({"lost": ", ".join(result.lost)} if result.lost else {}),
        **(_block_rows(result) if isinstance(result, BlockInfo) else {}),
        "latents, masks": size(result.bytes_streams),
        "whole archive": size(result.bytes_archive),
    }
    for variable in result.variables:
        shape = " × ".join(map(str, variable.shape))
        rows[variable.name] = f"{shape} {variable.dtype}, importance {variable.importance}"
        if variable.errors is not None:
            errors = variable.errors
            rows[f"{variable.name} errors"] = (
                f"wPSNR {number(errors.wpsnr, 'dB')}, {psnr(errors)}, largest {number(errors.max_error)}"
            )
    print_table(rows)


def _block_rows(info: BlockInfo) -> dict[str, str]:
    """Say how a parallel run has cut its grid, in two columns."""
    halo = f", with a halo of {info.halo} voxels" if info.halo else ""
    further = f", and {info.further} that not all blocks have yet" if info.further else ""
    return {
        "grid": " × ".join(map(str, info.grid)),
        "blocks": f"{info.blocks}{halo}",
        "steps": f"{info.steps}{further}",
    }


def evaluate(
    archive: options.ArchivePath,
    field: options.Fields,
    importance: options.Importance = None,
    resample: options.Resample = False,
    isovalue: Annotated[
        list[float] | None,
        typer.Option(
            "--isovalue", metavar="V", help="Also measure how far this isosurface moved; repeat for several."
        ),
    ] = None,
    scores: Annotated[
        bool,
        typer.Option(
            "--scores",
            help="Score structure (SSIM), spectrum, gradient and autocorrelation of the error, too.",
        ),
    ] = False,
    json: options.Json = False,
    device: options.Device = "auto",
    variable: options.Variables = None,
    shape: options.Shape = None,
    dtype: options.Dtype = None,
    byte_order: options.ByteOrder = "little",
    offset: options.Offset = 0,
    format: options.Format = None,
    axes: options.Axes = None,
    missing: options.Missing = None,
    scheduler: options.Scheduler = None,
) -> None:
    r"""Decode an archive and compare it with its field.

    \b
    Examples:
      idlat evaluate run.idlat run.nc --variable pressure
      idlat evaluate run.idlat run.nc --variable pressure --importance "value > 9.9" --json
      idlat evaluate run.idlat run.nc --isovalue 8.0 --isovalue 9.9
      idlat evaluate run.idlat run.nc --scores --json
    """
    from idlat.archive import evaluate as run
    from idlat.archive import isosurface_distances, open_archive

    with open_archive(archive, device=device) as opened:
        remark_losses(opened)
        chosen = variable if len(opened.variables) > 1 else None
        files = FieldFiles(field, shape, dtype, byte_order, offset, format, axes, missing)
        names = _names(opened.variables, variable, files)
        values = files.open_all(names)
        request = files.importance(importance, stated_importance(opened), resample)
        with progress_bar() as report:
            moved = isosurface_distances(opened, values, isovalue or (), variables=chosen, progress=report)
            result = run(
                opened,
                values,
                request,
                variables=chosen,
                scores=scores,
                scheduler=scheduler,
                progress=report,
            )
    if json:
        shown: dict[str, Any] = {name: getattr(result, name) for name in _CONTRACT}
        if result.error_over_bound is not None:
            shown["error_over_bound"] = result.error_over_bound
        shown |= {} if result.scores is None else {"scores": result.scores}
        print_json({**shown, "isosurfaces": moved} if isovalue else shown)
        return
    print_table(
        {
            "wPSNR": number(result.wpsnr, "dB"),
            "PSNR": psnr(result).removeprefix("PSNR "),
            "largest error": number(result.max_error),
            "correlation": "—" if result.correlation is None else f"{result.correlation:.6f}",
            **({} if result.scores is None else _score_rows(result.scores)),
            **({} if result.error_over_bound is None else {"of its bound": number(result.error_over_bound)}),
            "LSR": number(result.lsr),
            "LSR with everything": number(result.lsr_everything),
            "streams": size(result.bytes_streams),
            "archive": size(result.bytes_archive),
            "original": size(result.bytes_original),
            **dict(map(surface_row, moved)),
        }
    )


def verify(
    archive: options.ArchivePath,
    field: Annotated[
        list[str] | None, typer.Argument(metavar="[FIELD...]", help="The original, to compare.")
    ] = None,
    variable: options.Variables = None,
    shape: options.Shape = None,
    dtype: options.Dtype = None,
    byte_order: options.ByteOrder = "little",
    offset: options.Offset = 0,
    format: options.Format = None,
    axes: options.Axes = None,
    missing: options.Missing = None,
    scheduler: options.Scheduler = None,
) -> None:
    r"""Check every checksum and decode every chunk; with the field, check measured errors and bounds too.

    \b
    Examples:
      idlat verify run.idlat
      idlat verify run.idlat run.nc --variable pressure
    """
    from idlat.archive import open_archive
    from idlat.archive import verify as run

    with open_archive(archive) as opened:
        values = request = None
        chosen = variable if len(opened.variables) > 1 else None
        if field:
            files = FieldFiles(field, shape, dtype, byte_order, offset, format, axes, missing)
            values = files.open_all(_names(opened.variables, variable, files))
            request = files.importance(None, stated_importance(opened), True)
        with progress_bar() as report:
            result = run(opened, values, request, variables=chosen, scheduler=scheduler, progress=report)
    _tell(archive, result)


def _tell(archive: str, result: Verification) -> None:
    """Say that an archive is whole, or raise what is wrong with it."""
    if result.lost and len(result.faults) == len(result.lost):
        raise IdlatError(
            f"{archive}: the rest is whole, {result.chunks} chunks checked, but it has lost "
            f"{_lost(result.lost)}: `idlat repair` with --from COPY restores what a copy has"
        )
    if not result.ok:
        more = f" (and {len(result.faults) - 1} more faults)" if len(result.faults) > 1 else ""
        fault = result.faults[0].removeprefix(f"{archive}: ")
        raise IdlatError(f"{archive}: {fault}{more}")
    print(f"{archive}: whole, {result.chunks} chunks checked")


def _lost(keys: Sequence[str]) -> str:
    """Say in words what is lost.

    >>> _lost(["p/latents/c/0/0/0/0/0"])
    '1 object (p/latents/c/0/0/0/0/0)'
    """
    more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
    return f"{len(keys)} object{'s' if len(keys) > 1 else ''} ({keys[0]}{more})"


def _score_rows(scores: Scores) -> dict[str, str]:
    """Say the scores, means of the steps, in two columns."""
    return {
        "SSIM": "—" if scores.ssim is None else f"{scores.ssim:.6f}",
        "spectrum kept": _spectrum(scores),
        "gradient error": "—" if scores.gradient_error is None else f"{100 * scores.gradient_error:.3g} %",
        "error autocorrelation": number(scores.error_autocorrelation),
    }


def _spectrum(scores: Scores) -> str:
    """Say down to which wavelength the spectrum is kept, or why down to none."""
    if scores.resolved_wavelength is not None:
        return f"down to {scores.resolved_wavelength:.3g} voxels"
    spectra = [frame.scores.spectrum for frame in scores.frames if frame.scores.spectrum]
    lost = [max(bands, key=lambda band: band.longest) for bands in spectra]
    ratios = [(band.ratio, band) for band in lost if band.ratio is not None]
    if not ratios:
        return "— (nothing varies)"
    ratio, band = max(ratios, key=lambda each: abs(each[0] - 1.0))
    waves = f"the longest waves, {band.shortest:.3g} to {band.longest:.3g} voxels"
    return f"none: {waves}, have {ratio:.1%} of their power"


def _bound(bound: ErrorBound) -> str:
    """Say an error bound in words."""
    unit = " % of the range" if bound.unit == "percent" else ""
    if bound.inside == bound.outside:
        return f"{bound.inside:g}{unit} at every voxel"
    return f"{bound.inside:g}{unit} where the importance is 1, {bound.outside:g}{unit} where it is 0"


def surface_row(moved: IsosurfaceDistance) -> tuple[str, str]:
    """Say how far an isosurface moved, in two columns.

    Examples
    --------
    >>> from idlat.archive import IsosurfaceDistance
    >>> surface_row(IsosurfaceDistance("p", 3, None, 8.0, 0.11, 0.25, 1.5))
    ('p, step 3, isosurface 8', 'moved 0.11 voxels in the mean, 0.25 for 95 %, 1.5 at most')
    """
    component = "" if moved.component is None else f", component {moved.component}"
    name = f"{moved.variable}{component}, step {moved.step}, isosurface {moved.isovalue:g}"
    if moved.remark is not None:
        return name, moved.remark
    said = f"moved {_distances(moved, 'voxels')}"
    if moved.physical is not None:
        said += f" ({_distances(moved.physical, moved.physical.units)})"
    return name, said


def _distances(moved: IsosurfaceDistance | PhysicalDistance, units: str) -> str:
    mean, p95, largest = number(moved.mean, units), number(moved.p95), number(moved.hausdorff)
    return f"{mean} in the mean, {p95} for 95 %, {largest} at most"


def _names(variables: Sequence[str], given: Sequence[str] | None, files: FieldFiles) -> Sequence[str] | None:
    """Return the variables to open: those given, else the archive's where the field's file has them."""
    if given:
        return given
    # the steps of a series in files without names are called each by its own file
    if len(variables) == 1 and any(variables[0] not in _present(file) for file in files.each()):
        return None  # a file whose variable has another name, such as one of several steps
    return variables


def _present(file: FieldFiles) -> list[str]:
    """A file's variables, named as an archive names them: without their groups."""
    return [name.rsplit("/", 1)[-1] for name in file.variables()]
