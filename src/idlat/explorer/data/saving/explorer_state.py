"""Everything that a window shows, as JSON and as the fragment of an address; checked on the way in.

::

    ExplorerState ─ to_json ─▶ text ─ from_json ─▶ ExplorerState
                  ─ to_fragment ─▶ text without characters that an address would change ─ from_fragment ─▶
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from idlat.errors import IdlatError
from idlat.explorer.data.saving.state_checks import LONGEST, STATE, TABS
from idlat.explorer.message_checks import RefusedError

__all__ = ["FORMAT", "FORMAT_VERSION", "TABS", "ExplorerState", "TrackedState", "TrialState"]

FORMAT = "idlat explorer state"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class TrialState:
    """One of the two maps on the workbench.

    Attributes
    ----------
    expression : str
        Importance.
    quality : float
        0 to 100.
    family : str
        What it was made of; empty for an expression that was typed.
    values : mapping of str to float
        The family's parameters that were moved.
    """

    expression: str
    quality: float
    family: str
    values: Mapping[str, float]


@dataclass(frozen=True)
class TrackedState:
    """A cluster that is followed through time: the blocks that it was, whatever became of its tree.

    Attributes
    ----------
    node, name, colour : int, str, str
        Which cluster, and how it is shown.
    step : int
        From which it is followed.
    scaling : str
        Of the latents.
    blocks : str
        Its blocks in that step, packed as a selection is.
    """

    node: int
    name: str
    colour: str
    step: int
    scaling: str
    blocks: str


@dataclass(frozen=True)
class ExplorerState:
    """What a window shows.

    Attributes
    ----------
    archive : str
        Name of the archive that it is of, to warn where it is another; a name, no path.
    variable, step : str, int
        What of the archive.
    theme : {"light", "dark"}
        Of the page.
    colour_by : {"cluster", "importance", "mean", "error", "rate"}
        Of the points.
    look : tuple of float
        What of the latent space is seen: its middle x and y, points being from -1 to 1, and a scale.
    tree : mapping or None
        What :meth:`TreeEditor.to_dict` gave.
    tree_step : int or None
        The step that the tree was edited in, None for the state's own: others are carried from there.
    scaling : {"steps", "log", "standard", "energy"}
        Of the latents that are clustered.
    node : int
        The chosen cluster.
    selection : str or None
        Which blocks are chosen, packed by
        :func:`idlat.explorer.data.clusters.tree_file.packed`; None for all.
    mode, panels, outlines, isovalue, slices, transfer, colours : various
        Of the physical space view, as the scene takes them; `transfer` are points (value, opacity).
    region : tuple of int
        The voxels that are shown in full, z from and to, y, x; empty for all, coarse where they are many.
    camera : mapping or None
        What the scene's ``camera()`` gave.
    trials : tuple of TrialState
        Maps A and B of the workbench.
    tracked : TrackedState or None
        The cluster that is followed through time.
    tab : {"cluster", "importance", "isosurfaces", "time"}
        The page of the dock.
    slot : {"a", "b"}
        The map that is edited.

    Examples
    --------
    >>> state = ExplorerState(archive="run.idlat", step=3, isovalue=8.0)
    >>> ExplorerState.from_json(state.to_json()) == state == ExplorerState.from_fragment(state.to_fragment())
    True
    >>> ExplorerState.from_fragment("nonsense")
    Traceback (most recent call last):
    idlat.errors.IdlatError: the address holds no state of the explorer: copy it again
    """

    archive: str = ""
    variable: str = ""
    step: int = 0
    theme: str = "light"
    colour_by: str = "cluster"
    look: tuple[float, ...] = (0.0, 0.0, 1.0)
    tree: Mapping[str, Any] | None = None
    tree_step: int | None = None
    scaling: str = "steps"
    node: int = 0
    selection: str | None = None
    mode: str = "volume"
    panels: tuple[str, ...] = ()
    outlines: bool = False
    isovalue: float | None = None
    slices: tuple[int, ...] = ()
    transfer: tuple[tuple[float, float], ...] = ()
    colours: str = "viridis"
    region: tuple[int, ...] = ()
    camera: Mapping[str, tuple[float, ...]] | None = None
    trials: tuple[TrialState, ...] = ()
    tracked: TrackedState | None = None
    tab: str = "cluster"
    slot: str = "a"

    def to_json(self) -> str:
        """Return the state as text for a file."""
        return json.dumps(self._content(), indent=1, sort_keys=True, allow_nan=False) + "\n"

    def to_fragment(self) -> str:
        """Return the state as it goes behind the # of an address: packed, without what is as it begins."""
        plain = asdict(ExplorerState())
        own = {name: value for name, value in asdict(self).items() if value != plain[name]}
        packed = json.dumps({"v": FORMAT_VERSION, **own}, separators=(",", ":"), allow_nan=False)
        data = zlib.compress(packed.encode(), 9)
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    def _content(self) -> dict[str, Any]:
        return {"format": FORMAT, "format_version": FORMAT_VERSION, **asdict(self)}

    @classmethod
    def from_json(cls, given: str | bytes) -> ExplorerState:
        """Read a file's text.

        Raises
        ------
        IdlatError
            It is no state, of another version, or a part of it is not possible; the message names it.
        """
        content = _parsed(given)
        if content is None or content.pop("format", None) != FORMAT:
            raise IdlatError("this is no state of the explorer: open a file that it saved")
        return cls._checked(content, content.pop("format_version", None))

    @classmethod
    def from_fragment(cls, fragment: str) -> ExplorerState:
        """Read what follows the # of an address.

        Raises
        ------
        IdlatError
            As :meth:`from_json`.
        """
        try:
            data = base64.b64decode(
                (fragment + "=" * (-len(fragment) % 4)).encode("ascii"), altchars=b"-_", validate=True
            )
            inflate = zlib.decompressobj()
            plain = inflate.decompress(data, LONGEST + 1)  # no more: the address may come from anywhere
        except (ValueError, binascii.Error, zlib.error):
            plain = b""
        content = _parsed(plain)
        if content is None:
            raise IdlatError("the address holds no state of the explorer: copy it again")
        return cls._checked(content, content.pop("v", None))

    @classmethod
    def _checked(cls, content: dict[str, Any], version: object) -> ExplorerState:
        if version != FORMAT_VERSION:
            raise IdlatError(
                f"the state has version {str(version)[:20]}, this release reads version {FORMAT_VERSION}"
            )
        known = {field.name for field in fields(cls)}
        begun = asdict(cls())
        try:
            values = STATE({**{name: begun[name] for name in known}, **content})
        except RefusedError as error:
            raise IdlatError(f"the state of the explorer is damaged: {error}") from None
        return cls(
            **{name: value for name, value in values.items() if name not in ("trials", "tracked")},
            trials=tuple(TrialState(**trial) for trial in values["trials"]),
            tracked=None if values["tracked"] is None else TrackedState(**values["tracked"]),
        )


def _parsed(given: str | bytes) -> dict[str, Any] | None:
    """Parse JSON of an object; None where it is none, or too long."""
    if len(given) > LONGEST:
        return None
    try:
        content = json.loads(given, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
