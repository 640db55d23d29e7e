"""What an archive has lost: ``losses.json`` names the objects that ``idlat repair`` could not restore.

Readers take what it names for missing: voxels that depend on it decode as missing values. It is sealed as
every document of an archive is, so that another archive's, or an edited one, is an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from idlat.archive.format.array_paths import is_mask_path
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.format.zarr_documents import (
    check_document,
    document_key,
    group_document,
    parse_document,
    sealed_document,
)
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.errors import ArchiveError

__all__ = ["LOSSES", "NOTHING_LOST", "NO_LOSSES", "Losses", "VariableLosses", "read_losses", "write_losses"]

LOSSES = "losses.json"
"""The object that names what is lost; absent from an archive that has lost nothing."""

Index = tuple[int, ...]


@dataclass(frozen=True)
class VariableLosses:
    """What of one variable is lost, as indices of chunks without the axes that they do not cut.

    Attributes
    ----------
    everything
        Whether what its streams were coded with is lost, so that none of them can be decoded.
    latents, second, residual
        Frame and position (z, y, x).
    step, importance
        Step and position.
    mask
        Number of the mask, and position.
    """

    everything: bool = False
    latents: frozenset[Index] = frozenset()
    second: frozenset[Index] = frozenset()
    residual: frozenset[Index] = frozenset()
    step: frozenset[Index] = frozenset()
    importance: frozenset[Index] = frozenset()
    mask: frozenset[Index] = frozenset()

    def __bool__(self) -> bool:
        return self != VariableLosses()


NOTHING_LOST = VariableLosses()


@dataclass(frozen=True)
class Losses:
    """The keys of the objects that an archive has lost.

    Examples
    --------
    >>> losses = Losses(("speed/latents/c/0/0/1/2/3", "x/c/0"))
    >>> "x/c/0" in losses, bool(losses), losses.array("speed/latents")
    (True, True, [(0, 0, 1, 2, 3)])
    """

    objects: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.objects)

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    @cached_property
    def _keys(self) -> frozenset[str]:
        return frozenset(self.objects)

    @cached_property
    def _mask_paths(self) -> set[str]:
        """The arrays of masks that have lost something; a mask's number tells its grid."""
        return {path for key in self.objects if is_mask_path(path := key.split("/")[0])}

    def array(self, path: str) -> list[Index]:
        """Return the indices of the lost objects of an array."""
        start = f"{path}/c/"
        return [
            tuple(map(int, key[len(start) :].split("/"))) for key in self.objects if key.startswith(start)
        ]

    def of(self, variable: VariableRecord) -> VariableLosses:
        """Return what of a variable is lost, masks included."""
        path = variable.path
        return VariableLosses(
            everything=document_key(f"{path}/latents") in self,
            latents=frozenset((frame, *rest) for frame, _, *rest in self.array(f"{path}/latents")),
            second=frozenset(index[:-1] for index in self.array(f"{path}/second")),
            residual=frozenset(self.array(f"{path}/residual")),
            step=frozenset(self.array(f"{path}/step")),
            importance=frozenset(self.array(f"{path}/importance")),
            mask=frozenset(index for path in self._mask_paths for index in self.array(path)),
        )


NO_LOSSES = Losses()


def read_losses(store: ArchiveStore, archive: str) -> Losses:
    """Return what an archive, whose id is `archive`, has lost; nothing where it does not say.

    Raises
    ------
    ArchiveError
        What says it is damaged, or another archive's.
    """
    content = store.get(LOSSES)
    if content is None:
        return NO_LOSSES
    where = f"{store.name}: {LOSSES}"
    try:
        document = parse_document(content, where)
        check_document(document, archive, LOSSES, where)
        objects = document["attributes"]["objects"]
        losses = Losses(tuple(map(str, objects)))
        for key in losses.objects:
            if "/c/" in key:
                losses.array(key.split("/c/")[0])
    except (ArchiveError, LookupError, TypeError, ValueError):
        raise ArchiveError(f"{where} is damaged or another archive's: run `idlat repair` again") from None
    return losses


def write_losses(store: ArchiveStore, archive: str, objects: Iterable[str]) -> None:
    """Let an archive say that it has lost objects; nothing is said of none."""
    lost = sorted(objects)
    if not lost:
        store.delete(LOSSES)
        return
    content, _ = sealed_document(group_document({"objects": lost}), archive, LOSSES)
    if store.get(LOSSES) != content:
        store.put(LOSSES, content)
