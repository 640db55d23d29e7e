"""Files of a series by their names alone: for tests of which steps are chosen."""

from pathlib import Path

from idlat.datasets.write_series import Recipe


def stand_in(dataset: str, data: Path, steps: int) -> None:
    """Make a folder as a simulation leaves it, whose files are empty."""
    folder = data / dataset
    folder.mkdir(parents=True)
    for name in Recipe(dataset, 8, steps, 0).file_names():
        (folder / name).touch()
