"""`idlat analyze`: clusters, projection, isosurface similarity, tracks (paper, Sect. 5.4 and 6.4)."""

from __future__ import annotations

import typer

from idlat.cli.analyze.analyze_clusters import clusters
from idlat.cli.analyze.analyze_isosurfaces import isosurfaces
from idlat.cli.analyze.analyze_project import project
from idlat.cli.analyze.analyze_track import track

analyze = typer.Typer(
    help="Explore latents: clusters, projections, isosurface similarity, tracks.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
for command in (clusters, project, isosurfaces, track):
    analyze.command()(command)
