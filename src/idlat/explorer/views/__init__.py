"""The views of the page, each a part of the state with what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from idlat.explorer.session.page_view import View
    from idlat.explorer.session.window_session import Session

__all__ = ["make_views"]


def make_views(session: Session) -> tuple[View, ...]:
    """Return a window's views, of which the session has made those of physical space and of the workbench."""
    from idlat.explorer.views.cluster_tree_view import ClustersView
    from idlat.explorer.views.isosurface_map_view import IsosurfacesView
    from idlat.explorer.views.latent_space_view import LatentView
    from idlat.explorer.views.saving_view import KeepingView
    from idlat.explorer.views.top_bar_view import FrameView
    from idlat.explorer.views.track_view import TracksView

    before: tuple[type[View], ...] = (FrameView, ClustersView, LatentView)
    after: tuple[type[View], ...] = (IsosurfacesView, TracksView, KeepingView)
    return (
        *(kind(session) for kind in before),
        session.space,
        session.bench,
        *(kind(session) for kind in after),
    )
