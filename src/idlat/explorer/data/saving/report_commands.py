"""The command lines that reproduce what a report shows."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from idlat.analysis import SimilarityMap
from idlat.analysis.projection import USUAL_PERPLEXITY
from idlat.archive import is_shipped
from idlat.explorer.data.dataset import Dataset
from idlat.explorer.data.open_fields import reading_words
from idlat.explorer.data.step_blocks import Blocks
from idlat.explorer.data.workbench.map_estimate import Estimate

_MODEL = "model.safetensors"

__all__ = ["Attempt", "commands_of", "compress_command", "with_slots"]

Attempt = Estimate | tuple[str, Estimate]
"""A map that was tried, with the name of its slot, such as ``a``, where it has one."""


def with_slots(estimates: Sequence[Attempt]) -> list[tuple[str, Estimate]]:
    """Name the maps that were tried, ``A`` and so on: by their slots, or in order where they have none."""
    named = (
        each if isinstance(each, tuple) else (slot, each) for slot, each in zip("AB", estimates, strict=False)
    )
    return [(slot.upper(), estimate) for slot, estimate in named]


def compress_command(dataset: Dataset, expression: str, quality: float, output: str) -> str:
    """Return the command that writes an archive of the dataset's field under another map.

    Parameters
    ----------
    dataset
        Opened with the files of its field.
    expression, quality
        What is tried.
    output
        The archive to be.

    A model that is not shipped is called ``model.safetensors``: an archive knows its hash, not its file.
    """
    record = dataset.archive.record
    words = ["idlat", "compress", *_files(dataset), "--importance", expression]
    if dataset.adjustable:
        words += ["--quality", f"{quality:g}"]
    if record.settings.max_error is not None:
        words += ["--max-error", record.settings.max_error.text]
    if not is_shipped(record.model_sha256):
        words += ["--model", _MODEL]
    transform = record.variables[0].normalisation(0).transform
    if transform != "none":
        words += ["--transform", transform]
    if record.settings.periodic:
        words += ["--periodic", "".join(record.settings.periodic)]
    if record.settings.missing is not None:
        words += ["--missing", f"{record.settings.missing:.17g}"]
    return shlex.join([*words, *_variables(dataset), "--keep-importance", "-o", output])


def commands_of(
    blocks: Blocks,
    tree: str,
    estimates: Sequence[Attempt] = (),
    similarity: SimilarityMap | None = None,
    projection: tuple[str, float] = ("tsne", USUAL_PERPLEXITY),
) -> list[tuple[str, str]]:
    """List what reproduces a report, each with what it is for.

    Parameters
    ----------
    blocks
        What is shown.
    tree
        The name of the file that holds the cluster tree.
    estimates
        Maps that were tried, with their slots.
    similarity
        Of isosurfaces, None where there is none.
    projection
        How the blocks are arranged in the plane: the method, and its perplexity.
    """
    dataset = blocks.dataset
    archive, files = dataset.archive.path, _files(dataset)
    variable = ["--variable", blocks.variable] if len(dataset.variables) > 1 else []
    time = ["--time", str(blocks.step)] if dataset.steps > 1 else []
    where = [*variable, *time]
    how = [*where, "--scaling", blocks.scaling, "--seed", str(blocks.seed)]
    method, perplexity = projection
    if method != "tsne":
        how += ["--method", method]
    if perplexity != USUAL_PERPLEXITY:
        how += ["--perplexity", f"{perplexity:g}"]
    found = [
        ("Open the explorer", ["idlat", "explore", archive, *files]),
        (
            "Cluster the blocks",
            ["idlat", "analyze", "clusters", archive, "-o", "clusters", *variable, "--tree", tree],
        ),
        ("Project the blocks", ["idlat", "analyze", "project", archive, "-o", "projection", *how]),
    ]
    lines = [(title, shlex.join(words)) for title, words in found]
    if not files:
        return lines
    if dataset.expression is not None:
        words = ["idlat", "evaluate", archive, *files, *variable]
        lines.append(("Measure the archive", shlex.join(words)))
    if similarity is not None and len(dataset.paths) == 1:
        words = [
            "idlat",
            "analyze",
            "isosurfaces",
            *files,
            "-o",
            "isosurfaces",
            *_variables(dataset)[:2],
            *time,
        ]
        levels = similarity.isovalues.tolist()
        words += ["--isovalues", str(len(levels)), "--between", repr(levels[0]), repr(levels[-1])]
        lines.append(("Compare isosurfaces", shlex.join([*words, "--method", similarity.method])))
    for name, each in with_slots(estimates):
        command = compress_command(dataset, each.expression, each.quality, f"map-{name.lower()}.idlat")
        lines.append((f"Write all of map {name}", command))
    return lines


def _files(dataset: Dataset) -> list[str]:
    """Name the field's files, and how they are read."""
    words = reading_words({key: value for key, value in dataset.how.items() if key != "missing"})
    return [*map(str, dataset.paths), *words] if dataset.paths else []


def _variables(dataset: Dataset) -> list[str]:
    """Name the variables, where their files may hold others."""
    if len(dataset.paths) > 1 and len(dataset.variables) == 1:
        return []
    return [word for name in dataset.variables for word in ("--variable", name)]
