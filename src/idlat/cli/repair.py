"""`idlat repair`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from idlat.cli import options
from idlat.cli.progress_bar import progress_bar
from idlat.cli.show import print_json

if TYPE_CHECKING:
    from idlat.archive import LostObject

_MOST_LINES = 100


def repair(
    archive: options.ArchivePath,
    copy: Annotated[
        str | None,
        typer.Option("--from", metavar="COPY", help="Another copy of it, whole or not, to restore from."),
    ] = None,
    json: options.Json = False,
) -> None:
    r"""List what an archive has lost, restore what a copy has of it, and keep the rest readable.

    What stays lost decodes as missing voxels, and the archive says so.

    \b
    Examples:
      idlat repair run.idlat
      idlat repair run.idlat --from /backup/run.idlat
      idlat repair run.idlat --from s3://bucket/run.idlat --json
    """
    from idlat.archive import repair as run

    with progress_bar() as report:
        result = run(archive, copy, progress=report)
    if json:
        print_json(result)
        return
    print(f"{archive}: {result.objects} objects checked")
    if result.rebuilt:
        print(f"{_objects(len(result.rebuilt))} of metadata made anew: {', '.join(result.rebuilt)}")
    if result.restored:
        print(f"{_objects(len(result.restored))} restored from {copy}")
    for lost in result.lost[:_MOST_LINES]:
        print(f"lost: {lost.key} ({place(lost)}), {lost.reason}")
    if len(result.lost) > _MOST_LINES:
        print(f"and {len(result.lost) - _MOST_LINES} more: see --json")
    for name, count in result.voxels_lost.items():
        print(f"{name}: {count} voxels decode as missing")
    if not result.lost:
        print("nothing is lost")


def place(lost: LostObject) -> str:
    """Say where in the field a lost object belongs.

    Examples
    --------
    >>> from idlat.archive import LostObject
    >>> place(LostObject("p/second/c/0/0/0/0/0", "second", "p", 0, None, ((0, 8), (0, 8), (0, 9)), "missing"))
    'second transform of p, step 0, z 0:8, y 0:8, x 0:9'
    """
    kind = {"second": "second transform", "step": "bounds", "residual": "corrections"}.get(
        lost.kind, lost.kind
    )
    said = [kind if lost.variable is None else f"{kind} of {lost.variable}"]
    said += [] if lost.step is None else [f"step {lost.step}"]
    said += [] if lost.component is None else [f"component {lost.component}"]
    spans = () if lost.region is None else zip("zyx", lost.region, strict=True)
    said += [f"{axis} {start}:{stop}" for axis, (start, stop) in spans]
    return ", ".join(said)


def _objects(count: int) -> str:
    return "1 object" if count == 1 else f"{count} objects"
