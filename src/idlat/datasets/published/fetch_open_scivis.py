"""Fetch a data set of the Open SciVis Datasets: downloaded, its SHA-512 sum checked, written as Zarr."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from idlat.datasets.published.open_scivis_index import ScivisEntry, index_address, parse_entry, parse_index
from idlat.errors import FieldError, OutputError, OutputExistsError
from idlat.extras import require
from idlat.fields import open_field, write_field

_TIMEOUT = 60.0  # seconds without a byte


def list_open_scivis(address: str | None = None) -> dict[str, str]:
    """Return the names of the index's data sets, and a line on each.

    Raises
    ------
    MissingExtraError
        If pooch is not installed.
    FieldError
        If the index cannot be had.
    """
    where = index_address(address)
    entries = _index(_pooch(), where)
    found = {}
    for key, entry in sorted(entries.items()):
        size = entry.get("size")
        shape = "×".join(map(str, size)) if isinstance(size, list) else "?"
        kind = f"{shape} {entry.get('type', '?')}"
        found[key] = f"{entry.get('name', key)} ({kind}): {entry.get('description', '')}"
    return found


def fetch_open_scivis(name: str, directory: str | os.PathLike[str], *, address: str | None = None) -> Path:
    """Fetch a data set and write it as ``NAME.zarr``, with its spacing, description and acknowledgement.

    Parameters
    ----------
    name
        Of the data set in the index.
    directory
        Folder for the store; it is created where its parent exists.
    address
        Of the index; that of the environment variable ``IDLAT_SCIVIS_INDEX``, or the published one, unless
        given.

    Returns
    -------
    Path
        The store.

    Raises
    ------
    MissingExtraError
        If pooch is not installed.
    IdlatError
        If the index has no such data set.
    FieldError
        If the index or the file cannot be had, or the file is not the one that the index means.
    OutputError
        If the store exists or cannot be written.
    """
    pooch, where, folder = _pooch(), index_address(address), Path(directory)
    if not folder.absolute().parent.is_dir() or (folder.exists() and not folder.is_dir()):
        raise OutputError(f"cannot make the folder {folder}: its parent must be an existing folder")
    entry = parse_entry(_index(pooch, where), name, where)
    if Path(name).name != name or not name.strip("."):
        raise FieldError(f"{where}: {name!r} is no name for a file")
    store = folder / f"{name}.zarr"
    if os.path.lexists(store):
        raise OutputExistsError(f"{store} exists already: choose another folder or remove it")
    created = not folder.exists()
    folder.mkdir(exist_ok=True)
    try:
        with TemporaryDirectory(prefix=".fetch-", dir=folder) as work:
            _store(entry, _download(pooch, entry.url, Path(work), f"sha512:{entry.sha512}"), store)
    finally:
        if created and not any(folder.iterdir()):
            folder.rmdir()
    return store


def _store(entry: ScivisEntry, raw: Path, store: Path) -> None:
    field = open_field(raw, shape=entry.shape, dtype=entry.dtype, format="raw")
    places = {
        dim: np.arange(count) * step
        for dim, count, step in zip("zyx", entry.shape, entry.spacing, strict=True)
    }
    field = field.assign_coords(places).rename(entry.key)
    field.attrs = {
        "long_name": entry.title or entry.key,
        "comment": entry.description,
        "source": entry.url,
        "references": entry.acknowledgement,
        "source_sha512": entry.sha512,
    }
    field.encoding = {}
    write_field(field, store)


def _index(pooch: Any, address: str) -> dict[str, Any]:
    with TemporaryDirectory() as work:
        content = _download(pooch, address, Path(work), None).read_bytes()
    return dict(parse_index(content, address))


def _download(pooch: Any, url: str, folder: Path, known: str | None) -> Path:
    """Download a file; where its sum is known, another file is refused.

    Raises
    ------
    FieldError
        If it cannot be had, or is another.
    """
    with _quiet(pooch):
        try:
            loader = pooch.HTTPDownloader(timeout=_TIMEOUT)
            fetched = pooch.retrieve(url, known, fname="fetched.raw", path=folder, downloader=loader)
        except ValueError as error:
            if known is None or "hash" not in str(error):
                raise FieldError(f"{url}: cannot be downloaded: {_line(error)}") from None
            raise FieldError(
                f"{url}: is not the file that the index means: its SHA-512 sum is another (cut or altered)"
            ) from None
        except OSError as error:  # requests' errors among them
            raise FieldError(f"{url}: cannot be downloaded: {_line(error)}") from None
    return Path(fetched)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


@contextmanager
def _quiet(pooch: Any) -> Iterator[None]:
    """Keep pooch's own messages from standard error: errors are told in one line."""
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _pooch() -> Any:
    require("fetching", "pooch", "requests")
    import pooch

    return pooch
