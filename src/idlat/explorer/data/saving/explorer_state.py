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
from dataclasses import asdict, dataclass
from typing import Any, get_args

from idlat.analysis.features import SCALINGS, USUAL_SCALING
from idlat.analysis.projection import METHODS, PERPLEXITIES, USUAL_PERPLEXITY
from idlat.errors import IdlatError
from idlat.explorer.data.saving.state_parts import (
    CAMERA,
    LONGEST,
    MOST_CAMERAS,
    PACKED,
    BesideState,
    NamedCamera,
    TrackedState,
    TrialState,
    built,
    checked,
    latent_look,
    page_shares,
    transfer_point,
    tuple_of,
)
from idlat.explorer.data.step_blocks import ATTRIBUTES
from idlat.explorer.data.step_volumes import Kind
from idlat.explorer.data.workbench.trial_volume import TRIED
from idlat.explorer.message_checks import (
    RefusedError,
    flag,
    one_of,
    optional,
    real,
    text,
    whole,
)

__all__ = [
    "FORMAT",
    "FORMAT_VERSION",
    "TABS",
    "ExplorerState",
]

FORMAT = "idlat explorer state"
FORMAT_VERSION = 1

TABS = ("cluster", "importance", "isosurfaces", "time")
"""Pages of the dock."""

_MODES = ("volume", "isosurface", "both", "slices", "sections")
_PANELS: tuple[str, ...] = (*get_args(Kind), *TRIED)
_MOST_PANELS = 4
_NAME = r"[^/\\\x00-\x1f]*"


def _tree(value: Any) -> Any:
    """Accept an object; what is in it the tree's own reader checks against the blocks."""
    if not isinstance(value, dict) or value.get("format") != "idlat tree":
        raise RefusedError("expected a cluster tree")
    return value


def _tracked(value: Any) -> TrackedState | None:
    """Accept a cluster that is followed; nothing of an older release's, which told no blocks."""
    found: TrackedState | None = None if isinstance(value, int) else built(TrackedState)(value)
    return found


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
    archive: str = checked(text(255, _NAME), "")
    variable: str = checked(text(255), "")
    step: int = checked(whole(0), 0)
    theme: str = checked(one_of("light", "dark"), "light")
    # of the latent space: how the points are arranged, what colours them, and what is seen: middle x and y of
    # -1 to 1, and a scale
    projection: str = checked(one_of(*METHODS), "tsne")
    perplexity: float = checked(real(*PERPLEXITIES), USUAL_PERPLEXITY)
    colour_by: str = checked(one_of("cluster", *ATTRIBUTES), "cluster")
    look: tuple[float, ...] = checked(latent_look, (0.0, 0.0, 1.0))
    # of the clusters: what TreeEditor.to_dict gave, the step that it was edited in (None: the state's own),
    # and the scaling of the latents
    tree: Mapping[str, Any] | None = checked(optional(_tree), None)
    tree_step: int | None = checked(optional(whole(0)), None)
    scaling: str = checked(one_of(*SCALINGS), USUAL_SCALING)
    # the chosen cluster, and which blocks are chosen, packed by tree_file.packed; None for all
    node: int = checked(whole(0), 0)
    selection: str | None = checked(optional(PACKED), None)
    # of physical space, as the scene takes them; transfer are points (value, opacity)
    mode: str = checked(one_of(*_MODES), "volume")
    panels: tuple[str, ...] = checked(tuple_of(one_of(*_PANELS), _MOST_PANELS), ())
    outlines: bool = checked(flag, False)
    tinted: bool = checked(flag, False)  # isosurfaces in the colours of clusters
    isovalue: float | None = checked(optional(real()), None)
    slices: tuple[int, ...] = checked(tuple_of(whole(0), 3), ())
    transfer: tuple[tuple[float, float], ...] = checked(tuple_of(transfer_point, 64), ())
    colours: str = checked(text(40, r"\w*"), "viridis")
    # the values that colours reach, and those that are looked at alone; empty for all
    colour_range: tuple[float, ...] = checked(tuple_of(real(), 2), ())
    brush: tuple[float, ...] = checked(tuple_of(real(), 2), ())
    # whether missing voxels are enclosed, and how many times longer z is drawn; None as suits a thin sheet
    missing: bool = checked(flag, False)
    exaggeration: float | None = checked(optional(real(0.01, 1e5)), None)
    # panels of other variables or steps
    beside: tuple[BesideState, ...] = checked(tuple_of(built(BesideState), _MOST_PANELS - 1), ())
    # the voxels that are shown in full, z from and to, y, x; empty for all, coarse where they are many
    region: tuple[int, ...] = checked(tuple_of(whole(0), 6), ())
    camera: Mapping[str, tuple[float, ...]] | None = checked(optional(CAMERA), None)
    # whether all is looked at, as after a reset, however large the panels are
    fitted: bool = checked(flag, False)
    # views that are kept under a name
    cameras: tuple[NamedCamera, ...] = checked(tuple_of(built(NamedCamera), MOST_CAMERAS), ())
    # maps A and B of the workbench, and which of them is edited
    trials: tuple[TrialState, ...] = checked(tuple_of(built(TrialState), 2), ())
    slot: str = checked(one_of("a", "b"), "a")
    # the cluster that is followed through time
    tracked: TrackedState | None = checked(optional(_tracked), None)
    # how the page is shared out (none: as it begins), and the page of the dock
    panes: tuple[float, ...] = checked(page_shares, ())
    tab: str = checked(one_of(*TABS), "cluster")

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


_STATE: Callable[[Any], ExplorerState] = built(ExplorerState)


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
