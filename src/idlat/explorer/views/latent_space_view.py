"""The latent space view: the projection, its colours, and what is selected in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.analysis.projection import METHODS, PERPLEXITIES, USUAL_PERPLEXITY
from idlat.errors import IdlatError
from idlat.explorer.data import Blocks
from idlat.explorer.data.background_jobs import Progress
from idlat.explorer.message_checks import Check, numbers, one_of, optional, real, whole
from idlat.explorer.notation import number
from idlat.explorer.scene.geometry.colour_maps import hex_colour
from idlat.explorer.session.page_view import Action, View, action, kept
from idlat.explorer.session.view_host import Host
from idlat.explorer.views.block_projection import arrangements, is_projected, projected, told
from idlat.explorer.views.page_colours import colours_of, css_gradient

__all__ = ["LatentSpaceView"]

QUANTITIES = {
    "importance": "importance",
    "mean": "mean value",
    "error": "error (RMSE)",
    "rate": "bits a voxel",
}
IN_UNITS = ("mean", "error")  # the variable's own
FAR, SCALES = 1e3, (0.1, 100.0)  # of the unit square that points are in
_ON_THEIR_WAY = "settling"  # points that t-SNE still moves
MOST = 2**20  # blocks: more are no longer points that a person tells apart


class LatentSpaceView(View):
    """Points, one a block."""

    KEPT = kept("projection", "perplexity", "colour_by", look="latent_look")

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._values: dict[str, NDArray[np.float32]] = {}
        self._waits = False  # blocks to be arranged, for the end of playing

    def initial(self) -> Mapping[str, Any]:
        """Return an empty projection."""
        choices = [{"value": "cluster", "title": "cluster"}]
        for name, title in QUANTITIES.items():
            if name != "error" or self.host.dataset.has_field:
                choices.append({"value": name, "title": title})
        return {
            "positions": b"",
            "colours": b"",
            "selected": b"",
            "values": b"",
            "blocks": b"",
            "leaf_of": b"",
            "quantity": "",
            "colour_by": "cluster",
            "colour_choices": choices,
            "legend": None,
            "latent_note": "",
            "projection": "tsne",
            "perplexity": USUAL_PERPLEXITY,
            "projections": arrangements(),
            "latent_look": [0.0, 0.0, 1.0],
            "tool": "lasso",
            "has_selection": False,
            "selection_text": "",
        }

    def actions(self) -> Mapping[str, Action]:
        """Return the choices that a pointer makes."""
        return {
            "select": action(
                self.select, indices=numbers(whole(0), MOST), mode=one_of("replace", "add", "remove")
            ),
            "clear": action(self.clear),
            "look": action(self.look, x=real(-FAR, FAR), y=real(-FAR, FAR), scale=real(*SCALES)),
            "point": action(self.point, row=optional(whole(0))),
        }

    def fields(self) -> Mapping[str, Check]:
        """Return what points may be coloured by, and how they are arranged."""
        return {
            "colour_by": one_of("cluster", *QUANTITIES),
            "projection": one_of(*METHODS),
            "perplexity": real(*PERPLEXITIES),
        }

    def on_field_changed(self, field: str) -> None:
        """Colour the points otherwise, or arrange them."""
        if field == "colour_by":
            self._colour()
        else:
            self._arrange()

    def on_blocks_loaded(self) -> None:
        """Show the first two principal components at once, then arrange the blocks."""
        blocks = self.host.blocks
        assert blocks is not None, "loaded means that there are blocks"
        self._values, self.host.points = {}, None
        self.state.blocks = blocks.positions.astype("<u2").tobytes()
        self._place(blocks.features.values[:, :2])
        self.state.latent_note = "PCA"
        self._arrange()
        self._colour()

    def _arrange(self) -> None:
        """Arrange the blocks as was chosen, on another thread."""
        blocks, method, perplexity = self.host.blocks, self.state.projection, self.state.perplexity
        if blocks is None:
            return
        self._waits = self.state.playing and not is_projected(blocks, method, perplexity)
        if self._waits:
            return

        arranged = False  # what is on its way may be told after the end

        def look(points: NDArray[np.float64]) -> None:
            chosen = self.host.blocks, self.state.projection, self.state.perplexity
            if not arranged and chosen == (blocks, method, perplexity):
                self._place(points)
                self.state.latent_note = f"{told(method, perplexity)}, {_ON_THEIR_WAY}"

        def settling(points: NDArray[np.float64]) -> None:
            self.host.later(lambda: look(points))

        def failed() -> None:
            nonlocal arranged
            arranged = True
            self._not_arranged()

        def done(points: NDArray[np.float64]) -> None:
            nonlocal arranged
            arranged = True
            self.host.points = points
            self._place(points)
            self.state.latent_note = told(method, perplexity)

        self.host.work(
            "projection",
            "Arranging the blocks",
            lambda progress, _: projected(blocks, method, perplexity, progress, settling),
            done,
            failed,
        )

    def on_any_change(self) -> None:
        """Arrange the blocks that went by while the steps played, once they play no more."""
        if self._waits and not self.state.playing:
            self._arrange()

    def ahead(self, step: int) -> Sequence[Callable[[Progress], object]]:
        """Read the latents of another step."""
        blocks = self.host.blocks
        if blocks is None:
            return ()
        dataset, variable, scaling = blocks.dataset, blocks.variable, blocks.scaling
        return (lambda tell: Blocks.of(dataset, step, variable=variable, scaling=scaling, progress=tell),)

    def _not_arranged(self) -> None:
        """Offer what can be had, where a state asks for a library that is not installed; points stay."""
        self.state.latent_note = self.state.latent_note.replace(_ON_THEIR_WAY, "unfinished")
        if self.state.projection != "tsne":
            self.state.projection = "tsne"
            self._arrange()

    def _place(self, points: NDArray[Any]) -> None:
        """Send points (n, 1 or 2) scaled to the unit square."""
        flat = np.zeros((len(points), 2))
        flat[:, : points.shape[1]] = points
        low, high = flat.min(axis=0), flat.max(axis=0)
        half = float((high - low).max()) / 2 or 1.0
        self.state.positions = ((flat - (low + high) / 2) / half).astype("<f4").tobytes()

    def on_tree_changed(self) -> None:
        """Colour the clusters again, and tell which one each block is in."""
        if self.host.editor is not None:
            self.state.leaf_of = self.host.editor.labels().astype("<u4").tobytes()
        if self.state.colour_by == "cluster":
            self._colour()

    def _colour(self) -> None:
        blocks, editor, by = self.host.blocks, self.host.editor, self.state.colour_by
        if blocks is None or editor is None:
            return
        if by == "cluster":
            table = {leaf: hex_colour(editor.colour(leaf)) for leaf in np.unique(editor.labels()).tolist()}
            colours = np.array([table[label] for label in editor.labels().tolist()], np.uint8)
            self.state.update({"colours": colours.tobytes(), "values": b"", "quantity": "", "legend": None})
        elif by in self._values:
            self._shade(by, self._values[by])
        else:
            self.host.work(
                "attribute",
                f"Computing {QUANTITIES[by]}",
                lambda progress, _: blocks.attribute(by, progress),
                lambda values: self._take(by, values),
            )

    def _take(self, by: str, values: NDArray[np.float32]) -> None:
        self._values[by] = values
        if self.state.colour_by == by:
            self._shade(by, values)

    def _shade(self, by: str, values: NDArray[np.float32]) -> None:
        known = values[np.isfinite(values)]
        if not known.size:
            raise IdlatError(f"the {QUANTITIES[by]} of the blocks is not known: it needs the field")
        low, high = float(known.min()), float(np.percentile(known, 99.5))
        self.state.update(
            {
                "colours": colours_of(values, low, high).tobytes(),
                "values": values.astype("<f4").tobytes(),
                "quantity": QUANTITIES[by],
                "legend": {
                    "low": number(low),
                    "high": number(high),
                    "units": self.state.units if by in IN_UNITS else "",
                    "gradient": css_gradient(),
                },
            }
        )

    def select(self, indices: list[int], mode: str) -> None:
        """Choose points."""
        blocks = self.host.blocks
        if blocks is None:
            return
        rows = np.array(indices, np.intp)
        if rows.size and rows.max() >= blocks.count:
            raise IdlatError(f"there is no block {int(rows.max())}: there are {blocks.count}")
        marks = np.zeros(blocks.count, bool)
        if mode != "replace" and self.host.selection is not None:
            marks = self.host.selection.copy()
        marks[rows] = mode != "remove"
        self.host.select(marks if marks.any() else None, 0)

    def look(self, x: float, y: float, scale: float) -> None:
        """Keep what of the unit square is looked at: its middle, and how many times as large it is drawn."""
        self.state.latent_look = [x, y, scale]

    def point(self, row: int | None = None) -> None:
        """Point at the block under the pointer."""
        self.host.point(row)

    def clear(self) -> None:
        """Choose all."""
        self.host.select(None, 0)

    def on_selection_changed(self) -> None:
        """Show what is chosen."""
        marks, blocks = self.host.selection, self.host.blocks
        self.state.selected = b"" if marks is None else marks.astype(np.uint8).tobytes()
        self.state.has_selection = marks is not None
        count = 0 if blocks is None else blocks.count
        some = f"{count:,} blocks" if marks is None else f"{int(marks.sum()):,} of {count:,}"
        self.state.selection_text = some
