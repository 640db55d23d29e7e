"""What a variable's document says of its labels, where its checksum holds and it is nonsense all the same."""

import json

import numpy as np
import pytest
from zarr.storage import MemoryStore

import idlat
from idlat.archive.format.stored_coordinates import read_description
from idlat.archive.format.zarr_documents import write_document
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.errors import ArchiveError


@pytest.mark.parametrize("labels", [7, None, "abc", {"a": 1}, []])
def test_labels_that_are_none_are_one_line(tmp_path, labels):
    values = np.random.default_rng(0).normal(size=(8, 9, 10)).astype(np.float32)
    archive = idlat.compress(values, tmp_path / "a.idlat", workers=1)
    (variable,) = archive.record.variables
    document = json.loads((tmp_path / "a.idlat" / variable.path / "zarr.json").read_text())
    document["attributes"]["labels"] = labels
    document["attributes"].pop("checksum", None)
    store = ArchiveStore(MemoryStore(), "a")
    write_document(store, variable.path, document, archive.record.id)
    with pytest.raises(ArchiveError, match="belongs to other steps"):
        read_description(store, variable, archive.record.id)
