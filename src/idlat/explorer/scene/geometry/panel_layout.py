"""Where each panel lies in the picture."""

from __future__ import annotations

from dataclasses import dataclass

from idlat.errors import RenderError

__all__ = ["PanelPlace", "arrange", "checked_size"]

_LARGEST = 8192  # pixels a side


@dataclass(frozen=True)
class PanelPlace:
    """Pixels of a panel: its upper left corner, width and height."""

    x: int
    y: int
    width: int
    height: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.width, self.height

    def holds(self, x: float, y: float) -> bool:
        """Tell whether a pixel is inside."""
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height


def arrange(count: int, width: int, height: int, aspect: float = 1.0) -> list[PanelPlace]:
    """Lay panels side by side, one above the other or in full rows, whichever leaves them larger.

    What is drawn in them is `aspect` times as wide as high.

    Examples
    --------
    >>> arrange(2, 100, 40)
    [PanelPlace(x=0, y=0, width=50, height=40), PanelPlace(x=50, y=0, width=50, height=40)]
    >>> [(place.x, place.y) for place in arrange(4, 100, 90)]
    [(0, 0), (50, 0), (0, 45), (50, 45)]
    >>> [(place.x, place.y) for place in arrange(2, 100, 90, aspect=2.5)]
    [(0, 0), (0, 45)]
    """
    full = [columns for columns in range(count, 0, -1) if count % columns == 0]
    columns = max(full, key=lambda n: min(width / n / aspect, height * n / count))
    rows = count // columns
    across = [round(i * width / columns) for i in range(columns + 1)]
    down = [round(i * height / rows) for i in range(rows + 1)]
    return [
        PanelPlace(across[i], down[j], across[i + 1] - across[i], down[j + 1] - down[j])
        for j in range(rows)
        for i in range(columns)
    ]


def checked_size(width: int, height: int) -> tuple[int, int]:
    """Return a size that can be drawn.

    Raises
    ------
    RenderError
        A side has no pixel, or too many.
    """
    if not (1 <= width <= _LARGEST and 1 <= height <= _LARGEST):
        raise RenderError(f"a picture must have 1 to {_LARGEST} pixels a side, got {width} × {height}")
    return width, height
