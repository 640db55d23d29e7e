"""Import the files of a published data set: read, checked, and written as Zarr, a store a file.

A store appears once it is whole. The same call goes on after those that stand, which it knows by the name and
the size of the file they came from.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from idlat.datasets.published.published_file import PublishedFile
from idlat.datasets.published.published_sets import PublishedSet, list_published
from idlat.errors import FieldError, IdlatError, MissingFileError, OutputError, OutputExistsError
from idlat.fields import open_field, write_field

_FILE, _BYTES = "source_file", "source_bytes"


def import_published(
    name: str,
    paths: Sequence[str | os.PathLike[str]],
    directory: str | os.PathLike[str],
    *,
    check: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Import files of a published data set, each as a store such as ``P_01.zarr``.

    Parameters
    ----------
    name
        One of :func:`list_published`.
    paths
        Its files as their authors publish them, or folders that hold them.
    directory
        Folder for the stores; it is created where its parent exists.
    check
        Whether to refuse values beyond the known ones, and Nyx at another size than the paper's. A headerless
        file must always have its size.
    progress
        Called with the files done and all files.

    Returns
    -------
    list[Path]
        A store for each file, in the order of their names.

    Raises
    ------
    IdlatError
        If the name is unknown.
    FieldError
        If a file is absent, is no file of the set, is cut short, or has other values than the known ones.
    OutputError
        If a store of the name exists and came from another file, or cannot be written.
    """
    sets, folder = {known.name: known for known in list_published()}, Path(directory)
    if name not in sets:
        raise IdlatError(f"unknown data set {name!r}: idlat imports {', '.join(sets)}")
    known = sets[name]
    files = _files(known, [Path(path).expanduser() for path in paths])
    stores = [folder / f"{file.stem}.zarr" for file in files]
    with _folder(folder):
        standing = [_stands(store, file) for store, file in zip(stores, files, strict=True)]
        for done, (store, file) in enumerate(zip(stores, files, strict=True)):
            if progress:
                progress(done, len(files))
            if not standing[done]:
                field = file.read(check)
                field.attrs |= {"source": known.published, "references": known.cite, **_origin(file)}
                write_field(field, store)
        if progress:
            progress(len(files), len(files))
    return stores


def _files(known: PublishedSet, paths: Sequence[Path]) -> list[PublishedFile]:
    """Give the files in the order of their stores; none may be named twice."""
    for path in paths:
        if not path.exists():
            raise MissingFileError(f"{path}: no such file or folder")
    found: dict[str, PublishedFile] = {}
    for file in known.files(paths):
        if (other := found.setdefault(file.stem, file)).path != file.path:
            raise FieldError(f"{other.path} and {file.path} are both {file.stem}: give one of them")
    return [found[stem] for stem in sorted(found)]


def _origin(file: PublishedFile) -> dict[str, str | int]:
    return {_FILE: file.path.name, _BYTES: file.size}


def _stands(store: Path, file: PublishedFile) -> bool:
    """Tell whether a store came from a file.

    Raises
    ------
    OutputExistsError
        If something else has its name.
    """
    if not os.path.lexists(store):
        return False
    with suppress(FieldError, OSError):
        attrs = open_field(store).attrs
        if {key: attrs.get(key) for key in (_FILE, _BYTES)} == _origin(file):
            return True
    raise OutputExistsError(
        f"{store} exists already and did not come from {file.path}: choose another folder or remove it"
    )


@contextmanager
def _folder(folder: Path) -> Iterator[None]:
    """Make the folder where it is absent; take it away again where nothing came of it."""
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is no folder: choose another")
    if not folder.absolute().parent.is_dir():
        raise OutputError(f"cannot make the folder {folder}: its parent must be an existing folder")
    created = not folder.exists()
    folder.mkdir(exist_ok=True)
    try:
        yield
    except BaseException:
        if created and not any(folder.iterdir()):
            folder.rmdir()
        raise
