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
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any, get_args

from idlat.analysis.features import SCALINGS, USUAL_SCALING
from idlat.analysis.projection import METHODS, PERPLEXITIES, USUAL_PERPLEXITY
from idlat.errors import IdlatError
from idlat.explorer.data.step_blocks import ATTRIBUTES
from idlat.explorer.data.step_volumes import Kind
from idlat.explorer.data.workbench.trial_volume import TRIED
from idlat.explorer.message_checks import (
    Check,
    RefusedError,
    flag,
    mapping,
    numbers,
    one_of,
    optional,
    real,
    record,
    text,
    whole,
)

__all__ = [
    "FORMAT",
    "FORMAT_VERSION",
    "LONGEST",
    "LONGEST_NAME",
    "MOST_CAMERAS",
    "TABS",
    "BesideState",
    "ExplorerState",
    "NamedCamera",
    "TrackedState",
    "TrialState",
]

FORMAT = "idlat explorer state"
FORMAT_VERSION = 1


LONGEST = 1 << 23
"""Characters of a state as JSON."""

TABS = ("cluster", "importance", "isosurfaces", "time")
"""Pages of the dock."""

LONGEST_NAME, MOST_CAMERAS = 40, 24
"""Characters of a kept camera's name, and how many are kept."""

_FAR = 1e6  # of a camera, in lengths of the longest axis: the scene takes no larger ones
_MODES = ("volume", "isosurface", "both", "slices", "sections")
_PANELS: tuple[str, ...] = (*get_args(Kind), *TRIED)
_MOST_PANELS = 4

_NAME = r"[^/\\\x00-\x1f]*"
_PACKED = text(LONGEST, r"[A-Za-z0-9_-]*")


def _kept(check: Check, default: Any = MISSING) -> Any:
    """Return a field of what is kept, with the check of what may be in it: it may come from anywhere."""
    return field(default=default, metadata={"check": check})


def _built(kind: type[Any]) -> Check:
    """Accept an object of a dataclass's fields, each by its own check; one of that class comes of it."""
    parts = record({each.name: each.metadata["check"] for each in fields(kind)})
    return lambda value: kind(**parts(value))


def _tuple_of(check: Check, longest: int) -> Check:
    """Accept a list, or a tuple, of at most `longest` values; a tuple comes of it."""
    several = numbers(check, longest)
    return lambda value: tuple(several(list(value) if isinstance(value, tuple) else value))


def _point(value: Any) -> tuple[float, float]:
    """Accept a point of the transfer function: a value, and an opacity from 0 to 1."""
    pair = _tuple_of(real(), 2)(value)
    if len(pair) != 2 or not 0 <= pair[1] <= 1:
        raise RefusedError(f"expected a value and an opacity from 0 to 1, got {pair}")
    return pair[0], pair[1]


def _look(value: Any) -> tuple[float, ...]:
    """Accept a place and a scale."""
    found: tuple[float, ...] = _tuple_of(real(-1e3, 1e3), 3)(value)
    if len(found) != 3 or not 0.1 <= found[2] <= 100:
        raise RefusedError(f"expected x, y and a scale from 0.1 to 100, got {found}")
    return found


# position, focal point and the direction up, by name
_CAMERA = mapping(text(40, r"\w+"), _tuple_of(real(-_FAR, _FAR), 4), 16)


def _shares(value: Any) -> tuple[float, ...]:
    """Accept no shares, or those of tree and latent space of the page's width, and of both of its height."""
    found: tuple[float, ...] = _tuple_of(real(0, 1), 3)(value)
    if found and (len(found) != 3 or found[0] + found[1] >= 1):
        raise RefusedError(f"expected three shares of the page, got {found}")
    return found


def _tree(value: Any) -> Any:
    """Accept an object; what is in it the tree's own reader checks against the blocks."""
    if not isinstance(value, dict) or value.get("format") != "idlat tree":
        raise RefusedError("expected a cluster tree")
    return value


def _tracked(value: Any) -> TrackedState | None:
    """Accept a cluster that is followed; nothing of an older release's, which told no blocks."""
    found: TrackedState | None = None if isinstance(value, int) else _built(TrackedState)(value)
    return found


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

    expression: str = _kept(text(2000))
    quality: float = _kept(real(0, 100))
    family: str = _kept(text(40, r"\w*"))
    values: Mapping[str, float] = _kept(mapping(text(40, r"\w+"), real(), 32))


@dataclass(frozen=True)
class TrackedState:
    """A cluster that is followed through time: the blocks that it was, whatever became of its tree."""

    node: int = _kept(whole(0))
    name: str = _kept(text(80))
    colour: str = _kept(text(7, "#[0-9a-f]{6}"))
    step: int = _kept(whole(0))  # from which it is followed
    scaling: str = _kept(one_of(*SCALINGS))  # of the latents
    blocks: str = _kept(_PACKED)  # in that step, packed as a selection is


@dataclass(frozen=True)
class NamedCamera:
    """A view of physical space that is kept under a name."""

    name: str = _kept(text(LONGEST_NAME))
    camera: Mapping[str, tuple[float, ...]] = _kept(_CAMERA)


@dataclass(frozen=True)
class BesideState:
    """A panel of another variable or step, with its look.

    `step` is None for the one in view; empty points and range are those that suit.
    """

    variable: str = _kept(text(255))
    step: int | None = _kept(optional(whole(0)), None)
    what: str = _kept(one_of("original", "reconstruction"), "reconstruction")
    colours: str = _kept(text(40, r"\w*"), "viridis")
    transfer: tuple[tuple[float, float], ...] = _kept(_tuple_of(_point, 64), ())
    colour_range: tuple[float, ...] = _kept(_tuple_of(real(), 2), ())
    isovalue: float | None = _kept(optional(real()), None)


@dataclass(frozen=True)
class ExplorerState:
    """What a window shows; each field has its check beside it.

    Examples
    --------
    >>> state = ExplorerState(archive="run.idlat", step=3, isovalue=8.0)
    >>> ExplorerState.from_json(state.to_json()) == state == ExplorerState.from_fragment(state.to_fragment())
    True
    >>> ExplorerState.from_fragment("nonsense")
    Traceback (most recent call last):
    idlat.errors.IdlatError: the address holds no state of the explorer: copy it again
    """

    # the archive's name, no path, to warn where it is another
    archive: str = _kept(text(255, _NAME), "")
    variable: str = _kept(text(255), "")
    step: int = _kept(whole(0), 0)
    theme: str = _kept(one_of("light", "dark"), "light")
    # of the latent space: how the points are arranged, what colours them, and what is seen: middle x and y of
    # -1 to 1, and a scale
    projection: str = _kept(one_of(*METHODS), "tsne")
    perplexity: float = _kept(real(*PERPLEXITIES), USUAL_PERPLEXITY)
    colour_by: str = _kept(one_of("cluster", *ATTRIBUTES), "cluster")
    look: tuple[float, ...] = _kept(_look, (0.0, 0.0, 1.0))
    # of the clusters: what TreeEditor.to_dict gave, the step that it was edited in (None: the state's own),
    # and the scaling of the latents
    tree: Mapping[str, Any] | None = _kept(optional(_tree), None)
    tree_step: int | None = _kept(optional(whole(0)), None)
    scaling: str = _kept(one_of(*SCALINGS), USUAL_SCALING)
    # the chosen cluster, and which blocks are chosen, packed by tree_file.packed; None for all
    node: int = _kept(whole(0), 0)
    selection: str | None = _kept(optional(_PACKED), None)
    # of physical space, as the scene takes them; transfer are points (value, opacity)
    mode: str = _kept(one_of(*_MODES), "volume")
    panels: tuple[str, ...] = _kept(_tuple_of(one_of(*_PANELS), _MOST_PANELS), ())
    outlines: bool = _kept(flag, False)
    tinted: bool = _kept(flag, False)  # isosurfaces in the colours of clusters
    isovalue: float | None = _kept(optional(real()), None)
    slices: tuple[int, ...] = _kept(_tuple_of(whole(0), 3), ())
    transfer: tuple[tuple[float, float], ...] = _kept(_tuple_of(_point, 64), ())
    colours: str = _kept(text(40, r"\w*"), "viridis")
    # the values that colours reach, and those that are looked at alone; empty for all
    colour_range: tuple[float, ...] = _kept(_tuple_of(real(), 2), ())
    brush: tuple[float, ...] = _kept(_tuple_of(real(), 2), ())
    # whether missing voxels are enclosed, and how many times longer z is drawn; None as suits a thin sheet
    missing: bool = _kept(flag, False)
    exaggeration: float | None = _kept(optional(real(0.01, 1e5)), None)
    # panels of other variables or steps
    beside: tuple[BesideState, ...] = _kept(_tuple_of(_built(BesideState), _MOST_PANELS - 1), ())
    # the voxels that are shown in full, z from and to, y, x; empty for all, coarse where they are many
    region: tuple[int, ...] = _kept(_tuple_of(whole(0), 6), ())
    camera: Mapping[str, tuple[float, ...]] | None = _kept(optional(_CAMERA), None)
    # whether all is looked at, as after a reset, however large the panels are
    fitted: bool = _kept(flag, False)
    # views that are kept under a name
    cameras: tuple[NamedCamera, ...] = _kept(_tuple_of(_built(NamedCamera), MOST_CAMERAS), ())
    # maps A and B of the workbench, and which of them is edited
    trials: tuple[TrialState, ...] = _kept(_tuple_of(_built(TrialState), 2), ())
    slot: str = _kept(one_of("a", "b"), "a")
    # the cluster that is followed through time
    tracked: TrackedState | None = _kept(optional(_tracked), None)  # noqa: RUF009
    # how the page is shared out (none: as it begins), and the page of the dock
    panes: tuple[float, ...] = _kept(_shares, ())
    tab: str = _kept(one_of(*TABS), "cluster")

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
        try:
            return _STATE({**asdict(cls()), **content})
        except RefusedError as error:
            raise IdlatError(f"the state of the explorer is damaged: {error}") from None


_STATE: Callable[[Any], ExplorerState] = _built(ExplorerState)


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
