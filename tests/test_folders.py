"""Folders stay small enough to be read at a glance."""

from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MOST = 20


def crowded(top):
    """Return the folders below one, itself included, that hold more Python files than a reader takes in."""
    counts = Counter(path.parent for path in top.rglob("*.py"))
    return {str(folder.relative_to(top)): count for folder, count in counts.items() if count > MOST}


@pytest.mark.parametrize("top", ["src", "tests", "benchmarks", "fuzz", "scripts", "docs", "examples"])
def test_no_folder_holds_over_twenty_python_files(top):
    assert crowded(ROOT / top) == {}


def test_a_crowded_folder_is_found(tmp_path):
    (tmp_path / "room").mkdir()
    for number in range(MOST + 1):
        (tmp_path / "room" / f"{number}.py").touch()
    assert crowded(tmp_path) == {"room": MOST + 1}
