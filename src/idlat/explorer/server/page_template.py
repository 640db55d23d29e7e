"""The page's template, put together from its parts."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["set_page", "template"]

HERE = Path(__file__).with_name("templates")

_VUETIFY = {
    "theme": {
        "themes": {
            "light": {
                "colors": {
                    "primary": "#0f6b80",
                    "surface": "#ffffff",
                    "background": "#eef1f4",
                    "error": "#b3261e",
                }
            },
            "dark": {
                "dark": True,
                "colors": {
                    "primary": "#58b8cc",
                    "surface": "#151b23",
                    "background": "#0d1117",
                    "error": "#e5736b",
                },
            },
        },
    },
    "defaults": {
        "VBtn": {"variant": "text", "rounded": "lg"},
        "VSlider": {
            "color": "primary",
            "density": "compact",
            "thumbSize": 13,
            "trackSize": 3,
            "hideDetails": True,
        },
        "VSelect": {"density": "compact", "variant": "outlined"},
        "VTabs": {"color": "primary"},
        "VSnackbar": {"rounded": "lg"},
    },
}
"""Vuetify's themes and defaults: flat, small, in the page's colours."""

_SAVES = {
    "space": "$act('picture')",
    "tree": "$picture('tree', 'clusters')",
    "latent": "$picture('latent', 'latent-space')",
    "dock": "$picture(tab, tab)",
}


def set_page(state: Any, title: str) -> None:
    """Make trame's state show the page, under a title."""
    state.trame__title = f"{title} · idlat explorer"
    state.trame__favicon = "idlat/icon.svg"
    state.trame__vuetify3_config = _VUETIFY
    state.trame__template_main = template()
    state.trame__template_error = "<idlat-reconnect></idlat-reconnect>"


@cache
def template() -> str:
    """Return the page's Vue template.

    Examples
    --------
    >>> "idlat-scatter" in template(), "@" in template().replace("@click", "")
    (True, True)
    """
    return _filled("page")


def _filled(name: str) -> str:
    """Return a part, with the parts that it names as ``@part@`` in their places."""
    part, _, view = name.partition(":")
    text = (HERE / f"{part}.html").read_text(encoding="utf-8")
    if view:
        return text.replace("@view@", view).replace("@save@", _SAVES[view])
    return re.sub(r"@([a-z]+(?::[a-z]+)?)@", lambda found: _filled(found[1]), text)
