"""A report: one HTML file with the figures, the numbers and the commands that reproduce them; no scripts."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from idlat import __version__
from idlat.analysis import SimilarityMap
from idlat.errors import OutputExistsError
from idlat.explorer.data.background_jobs import ignore_progress
from idlat.explorer.data.clusters.cluster_tracks import Tracks
from idlat.explorer.data.clusters.tree_editor import TreeEditor
from idlat.explorer.data.saving.explorer_state import ExplorerState
from idlat.explorer.data.saving.html_parts import figure, file_link, number, page, table
from idlat.explorer.data.saving.report_commands import Attempt, commands_of, with_slots
from idlat.explorer.data.saving.report_figures import (
    draw_clusters,
    draw_estimate,
    draw_points,
    draw_similarity,
    draw_tracks,
)
from idlat.explorer.data.step_times import shown_times
from idlat.explorer.data.workbench.compare_maps import Comparison
from idlat.outputs import staged_file
from idlat.progress import Progress

__all__ = ["Report", "ReportPicture"]


@dataclass(frozen=True)
class ReportPicture:
    """A view of the page, drawn elsewhere.

    Attributes
    ----------
    title : str
        What it shows.
    png : bytes
        The picture.
    """

    title: str
    png: bytes


@dataclass(frozen=True, eq=False)
class Report:
    """What goes into a report.

    Attributes
    ----------
    editor : TreeEditor
        The clusters of a step.
    state : ExplorerState
        What the page shows; the report holds it, so that the page can be opened as it was.
    pictures : tuple of ReportPicture
        Such as the physical space view.
    points : array (n, 2), optional
        The projection.
    estimates : tuple of (str, Estimate)
        Slots and maps that were tried, at most two; without slots they are called A and B in order.
    comparison : Comparison, optional
        Of the two.
    similarity : SimilarityMap, optional
        Of isosurfaces.
    representatives : int
        Isovalues that stand for the others.
    tracks : Tracks, optional
        A cluster through time.
    """

    editor: TreeEditor
    state: ExplorerState
    pictures: tuple[ReportPicture, ...] = ()
    points: NDArray[np.floating] | None = None
    estimates: tuple[Attempt, ...] = ()
    comparison: Comparison | None = None
    similarity: SimilarityMap | None = None
    representatives: int = 4
    tracks: Tracks | None = None

    def write(self, path: str | Path, *, overwrite: bool = False, progress: Progress | None = None) -> Path:
        """Write the report; the file is there as a whole or not at all.

        `progress` reports the stage ``report``; what it raises ends the work.

        Raises
        ------
        OutputError
            The file exists, or cannot be written.
        """
        path = Path(path)
        if path.exists() and not overwrite:
            raise OutputExistsError(f"{path} exists: choose another name, or overwrite it")
        text = self.html(progress)
        with staged_file(path) as partial:
            partial.write_text(text, encoding="utf-8")
        return path

    def html(self, progress: Progress | None = None) -> str:
        """Return the report's text; `progress` as for :meth:`write`."""
        name, tell = Path(self.editor.blocks.dataset.archive.path).name, progress or ignore_progress
        sections = (
            self._facts,
            lambda: "\n".join(figure(picture.title, picture.png) for picture in self.pictures),
            lambda: self._clusters(progress),
            self._trials,
            self._isosurfaces,
            self._followed,
            self._commands,
        )
        parts = []
        for done, section in enumerate(sections):
            tell("report", done, len(sections))
            parts.append(section())
        return page(name, "\n".join(filter(None, parts)))

    def _facts(self) -> str:
        blocks, dataset = self.editor.blocks, self.editor.blocks.dataset
        record = dataset.record(blocks.variable)
        errors = record.errors
        rows = [
            ("Archive", dataset.archive.path),
            ("Variable", f"{blocks.variable} {dataset.units_of(blocks.variable)}".strip()),
            ("Voxels (z, y, x)", " × ".join(map(str, dataset.shape))),
            ("Step", self._step()),
            ("Importance", dataset.expression or "a map that is no expression"),
            ("Quality", "one, set in training" if dataset.quality is None else f"{dataset.quality:.4g}"),
            ("Model", dataset.archive.record.model_sha256),
            ("idlat", __version__),
        ]
        if errors is not None:
            rows.append(
                ("Weighted PSNR, PSNR (all steps)", f"{number(errors.wpsnr)}, {number(errors.psnr)} dB")
            )
        return table(["Fact", "Value"], rows)

    def _step(self) -> str:
        """Say which step it is as the page does, from 1, and as the commands do, from 0."""
        blocks, dataset = self.editor.blocks, self.editor.blocks.dataset
        times = shown_times(dataset.archive.template(blocks.variable))
        when = f", at {times[blocks.step]}" if times else ""
        return f"{blocks.step + 1} of {dataset.steps}{when}" + f" (--time {blocks.step})" * (
            dataset.steps > 1
        )

    def _clusters(self, progress: Progress | None) -> str:
        rows = []
        for entry in self.editor.outline():
            detail = self.editor.describe(entry["id"], progress)
            box = ", ".join(f"{axis} {a}:{b}" for axis, (a, b) in detail["bounding_box"].items())
            rows.append(
                (
                    "· " * entry["depth"] + detail["name"],
                    str(detail["size"]),
                    *(number(detail[key]) for key in ("silhouette", "mean_value", "mean_importance")),
                    box,
                )
            )
        units = self.editor.blocks.dataset.units_of(self.editor.blocks.variable)
        mean = f"Mean value ({units})" if units else "Mean value"
        header = ["Cluster", "Blocks", "Silhouette", mean, "Mean importance", "Voxels"]
        parts = [
            "<h2>Clusters of the latent space</h2>",
            table(header, rows),
            figure("Values and gradients of each cluster", draw_clusters(self.editor)),
        ]
        if self.points is not None:
            parts.append(figure("Projection of the blocks' latents", draw_points(self.editor, self.points)))
        return "\n".join(parts)

    def _trials(self) -> str:
        if not self.estimates:
            return ""
        rows = [
            (
                name,
                each.expression,
                f"{each.quality:g}",
                f"{each.lsr:.4g}",
                f"{each.bytes:,}",
                *(number(value) for value in (each.psnr_inside, each.psnr_outside, each.wpsnr)),
                "whole step" if each.whole else "part of the step",
            )
            for name, each in with_slots(self.estimates)
        ]
        header = [
            "Map",
            "Importance",
            "Quality",
            "LSR",
            "Bytes",
            "Inside, dB",
            "Outside, dB",
            "Weighted, dB",
            "Of",
        ]
        parts = ["<h2>Importance maps that were tried</h2>", table(header, rows)]
        if self.comparison is not None:
            found = self.comparison.to_dict()
            parts.append(
                f"<p>Clusters aligned, {found['moved']} of {self.comparison.moved.size} blocks "
                f"({found['share_moved']:.0%}) are in another one under map B.</p>"
            )
        for name, each in with_slots(self.estimates):
            parts.append(figure(f"Map {name}: {each.expression}", draw_estimate(each)))
        return "\n".join(parts)

    def _isosurfaces(self) -> str:
        if self.similarity is None:
            return ""
        chosen = self.similarity.representative(self.representatives)
        text = "Representative isovalues: " + ", ".join(f"{value:.4g}" for value in chosen)
        picture = draw_similarity(self.similarity, chosen)
        return "<h2>Similarity of isosurfaces</h2>" + figure(text, picture)

    def _followed(self) -> str:
        if self.tracks is None:
            return ""
        title = f"{self.tracks.name} through {len(self.tracks.member)} steps"
        return "<h2>A cluster through time</h2>" + figure(title, draw_tracks(self.tracks))

    def _commands(self) -> str:
        stem = Path(self.editor.blocks.dataset.archive.path).name.split(".")[0]
        tree, state = f"{stem}-clusters.json", f"{stem}-state.json"
        shown = self.state.projection, self.state.perplexity
        lines = commands_of(self.editor.blocks, tree, self.estimates, self.similarity, shown)
        listed = "\n".join(f"# {title}\n{command}" for title, command in lines)
        kept = (
            ("The clusters, which the commands take", tree, self.editor.cluster_file().to_json()),
            ("The state of the page, to be opened in the explorer", state, self.state.to_json()),
        )
        files = "\n".join(f"<li>{title}: {file_link(name, text)}</li>" for title, name, text in kept)
        return (
            "<h2>To reproduce</h2>\n"
            f"<p>Save these files first:</p>\n<ul>\n{files}\n</ul>\n"
            f"<pre>{html.escape(listed)}</pre>\n"
            f"<details><summary>State</summary><pre>{html.escape(self.state.to_json())}</pre></details>"
        )
