"""The views of a window, told together of what happens in one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from idlat.explorer.data.background_jobs import Progress
from idlat.explorer.session.page_view import View
from idlat.explorer.session.view_host import EditedMap

__all__ = ["ToldViews"]


class ToldViews:
    """What a window tells its views, in their order.

    Attributes
    ----------
    views
        Whoever listens.
    state
        trame's, of the page that shows them.
    edited_map
        What was told last of the map that is edited.
    """

    views: tuple[View, ...]
    state: Any
    edited_map: EditedMap | None = None

    def touch(self) -> None:
        """Tell the views that something changed."""
        for view in self.views:
            view.on_any_change()

    def change_theme(self) -> None:
        """Tell the views that the theme changed."""
        for view in self.views:
            view.on_theme_changed()

    def point(self, row: int | None) -> None:
        """Point at a block in every view; None at none."""
        for view in self.views:
            view.on_pointed(row)

    def tell_map(self, edited: EditedMap) -> None:
        """Tell the views of the map that is edited."""
        self.edited_map = edited
        for view in self.views:
            view.on_map_changed()

    def drag_map(self, values: Mapping[str, float]) -> None:
        """Give the map that is edited other parameters."""
        with self.state:
            for view in self.views:
                view.on_map_dragged(values)
            self.touch()

    def want_map(self) -> None:
        """Ask for the map that is edited to be tried."""
        for view in self.views:
            view.on_map_wanted()

    def photograph(self, take: Callable[[bytes], None]) -> None:
        """Let `take` have the picture of physical space as PNG."""
        for view in self.views:
            view.photograph(take)

    def figures(self) -> dict[str, Any]:
        """Return what the views found, by the attributes of a report."""
        return {name: found for view in self.views for name, found in view.figures().items()}

    def ahead(self, step: int) -> list[Callable[[Progress], object]]:
        """Return what computes what the views will show of another step, for the cache."""
        return [part for view in self.views for part in view.ahead(step)]
