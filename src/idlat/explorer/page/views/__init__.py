"""The views of the page, each a part of the state with what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from idlat.explorer.page.session import Session
    from idlat.explorer.page.view import View

__all__ = ["make_views"]


def make_views(session: Session) -> tuple[View, ...]:
    """Return a window's views, of which the session has made those of physical space and of the workbench."""
    from idlat.explorer.page.views.clusters import ClustersView
    from idlat.explorer.page.views.frame import FrameView
    from idlat.explorer.page.views.isosurfaces import IsosurfacesView
    from idlat.explorer.page.views.keeping import KeepingView
    from idlat.explorer.page.views.latent import LatentView
    from idlat.explorer.page.views.tracks import TracksView

    before: tuple[type[View], ...] = (FrameView, ClustersView, LatentView)
    after: tuple[type[View], ...] = (IsosurfacesView, TracksView, KeepingView)
    return (
        *(kind(session) for kind in before),
        session.space,
        session.bench,
        *(kind(session) for kind in after),
    )
