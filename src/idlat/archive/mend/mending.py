"""A repair under way: what of an archive is whole, mended from a copy, made anew, or lost."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property

from idlat.archive.format.archive_record import ArchiveRecord
from idlat.archive.format.create_arrays import read_model_bytes, write_model
from idlat.archive.format.losses import Losses
from idlat.archive.format.mask_places import mask_arrays
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.mend.documents import fitted_model, missing_documents
from idlat.archive.mend.labels import copy_whole, mend_labels
from idlat.archive.mend.result import LostObject, Repair
from idlat.archive.mend.stored_objects import StoredObject, mask_objects, stored_objects
from idlat.archive.read.archive_in_store import model_of
from idlat.archive.read.lost_voxels import LostVoxels
from idlat.archive.read.variable_decoder import VariableDecoder
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.errors import ArchiveError
from idlat.model.latent_model import LatentModel
from idlat.parallel import run_tasks
from idlat.progress import Progress, counted

__all__ = ["Mending"]

_CODED = ("latents", "second")


class Mending:
    """Mends an archive as far as that is possible; each step begins where the one before ended.

    Parameters
    ----------
    store, record
        The archive's.
    source
        A copy's store.
    given
        The model, or its path, as :func:`idlat.open_archive` takes it.
    """

    def __init__(
        self,
        store: ArchiveStore,
        record: ArchiveRecord,
        source: ArchiveStore | None,
        given: LatentModel | str | os.PathLike[str] | None,
    ) -> None:
        self.store, self.record, self.source, self.given = store, record, source, given
        self.restored: list[str] = []
        self.rebuilt: list[str] = []
        self.lost: dict[str, LostObject] = {}
        self.objects = 0

    @property
    def losses(self) -> Losses:
        """What stays lost."""
        return Losses(tuple(self.lost))

    def result(self) -> Repair:
        """Return what was found and done."""
        voxels = {}
        for variable in self.record.variables:
            grid = self.record.grid(variable, self.model.cell)
            model = self._fitted[variable.path] or self.model
            if count := LostVoxels(variable, grid, model, self.losses.of(variable)).count():
                voxels[variable.name] = count
        lost = tuple(self.lost[key] for key in sorted(self.lost))
        return Repair(self.objects, tuple(self.restored), tuple(self.rebuilt), lost, voxels)

    @cached_property
    def model(self) -> LatentModel:
        """What decodes the archive; carried by it, it is mended first.

        Raises
        ------
        ModelError, ArchiveError
            It is not found.
        """
        self._mend_model()
        found = model_of(self.store, self.record, self.given)
        if self._model_is_damaged():
            write_model(self.store, found, self.record.id)
            self.rebuilt.append("model/zarr.json")
        return found.with_importance_range(self.record.importance_range)

    def _mend_model(self) -> None:
        """Take the model that the archive carried from the copy, where it is damaged or gone."""
        if self.source is None:
            return
        try:
            missing = self._model_is_damaged() or not self.store.exists("model/zarr.json")
            there = missing and read_model_bytes(self.source, self.record) is not None
        except (ArchiveError, OSError):
            return
        if there:
            copy_whole(self.store, self.source, "model")
            self.restored.append("model/zarr.json")

    def _model_is_damaged(self) -> bool:
        try:
            read_model_bytes(self.store, self.record)
        except ArchiveError:
            return True
        return False

    @cached_property
    def _fitted(self) -> dict[str, LatentModel | None]:
        """The model as it was fitted to each variable, by its path; None where no copy tells."""
        stores = [self.store] if self.source is None else [self.store, self.source]
        return {v.path: fitted_model(stores, v, self.record, self.model) for v in self.record.variables}

    def mend_metadata(self) -> None:
        """Make the metadata of arrays anew, and restore those of fields."""
        documents = list(missing_documents(self.store, self.record, self._fitted, self.model.cell))
        for key, content in documents:
            if content is None:
                self._lose_metadata(key)
            else:
                self.store.put(key, content)
                self.rebuilt.append(key)
        for variable in self.record.variables:
            for key, there in mend_labels(self.store, self.source, variable, self.record):
                if there:
                    self.restored.append(key)
                else:
                    self._lose_metadata(key)

    def _lose_metadata(self, key: str) -> None:
        owners = {variable.path: variable.name for variable in self.record.variables}
        owner = owners.get(key.split("/")[0])
        self.lost[key] = LostObject(key, "metadata", owner, None, None, None, "missing or damaged")

    def mend_objects(self, workers: int, progress: Progress | None) -> None:
        """Restore objects that are missing or damaged, then decode all of them."""
        objects = list(self._objects())
        self.objects = len(objects)
        faults = dict(
            zip(
                (each.key for each in objects),
                counted(run_tasks(self._mend, objects, workers), "restore", len(objects), progress),
                strict=True,
            )
        )
        whole = [each for each in objects if self._is_to_decode(each, faults)]
        reasons = counted(run_tasks(StoredObject.undecodable, whole, workers), "repair", len(whole), progress)
        faults.update(zip((each.key for each in whole), reasons, strict=True))
        for each in objects:
            if (reason := faults[each.key]) is not None:
                self.lost[each.key] = self._loss(each, reason)

    def _objects(self) -> Iterator[StoredObject]:
        """Yield every object; those of masks, which variables share, once."""
        record = self.record
        assert record.gain is not None
        with_masks = mask_arrays(record.variables).values()
        for variable in record.variables:
            grid, model = record.grid(variable, self.model.cell), self._fitted[variable.path] or self.model
            binding = record.binding(variable, record.gain)
            decoder = VariableDecoder(self.store, variable, grid, model, binding)
            if variable in with_masks:
                yield from mask_objects(decoder)
            yield from stored_objects(decoder, importance=record.settings.keep_importance)

    def _mend(self, each: StoredObject) -> str | None:
        """Restore an object where that is needed and can be; return what is wrong with it still."""
        fault = each.fault(self.store)
        if fault is None or self.source is None or each.fault(self.source) is not None:
            return fault
        self.store.put(each.key, self.source.get(each.key) or b"")
        self.restored.append(each.key)
        return each.fault(self.store)

    def _is_to_decode(self, each: StoredObject, faults: dict[str, str | None]) -> bool:
        """Whether an object is whole, and so is what it needs."""
        if faults[each.key] is not None or (each.needs is not None and faults[each.needs] is not None):
            return False
        named = {v.name: v.path for v in self.record.variables if self._fitted[v.path] is None}
        return each.kind not in _CODED or each.variable not in named

    def _loss(self, each: StoredObject, reason: str) -> LostObject:
        component = None
        if each.variable is not None and each.frame is not None:
            variable: VariableRecord = self.record.variable(each.variable)
            component = each.frame % variable.components if "component" in variable.dims else None
        return LostObject(each.key, each.kind, each.variable, each.step, component, each.region, reason)
