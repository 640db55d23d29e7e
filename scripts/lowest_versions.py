"""Print the oldest versions that ``pyproject.toml`` admits, as constraints for pip.

::

    python scripts/lowest_versions.py all > oldest.txt      own dependencies and those of the extra
    pip install -c oldest.txt -e '.[all]'                   each at its lower bound
"""

from __future__ import annotations

import argparse
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(\[[\w,-]+\])?>=(?P<lowest>[\w.]+)")


def lowest_versions(requirements: Iterable[str]) -> dict[str, str]:
    """Return the lower bound of each requirement, the higher one where a package is named twice.

    Raises
    ------
    ValueError
        A requirement has no lower bound.

    Examples
    --------
    >>> lowest_versions(["numpy>=2.1", "pillow>=10.1", "pillow>=10.4", "dask[array]>=2024.11"])
    {'numpy': '2.1', 'pillow': '10.4', 'dask': '2024.11'}
    """
    lowest: dict[str, str] = {}
    for requirement in requirements:
        found = REQUIREMENT.fullmatch(requirement)
        if found is None:
            raise ValueError(f"{requirement}: a requirement is a name and a lower bound, such as numpy>=2.1")
        name, version = found["name"], found["lowest"]
        lowest[name] = max(lowest.get(name, version), version, key=numbers)
    return lowest


def numbers(version: str) -> tuple[int, ...]:
    """Return a version as numbers that compare."""
    return tuple(int(part) for part in version.split("."))


def admitted(extras: Iterable[str]) -> list[str]:
    """Return the requirements of the package and of some extras, without those on the package itself."""
    project = tomllib.loads(PYPROJECT.read_text())["project"]
    wanted, named = list(project["dependencies"]), list(extras)
    for extra in named:  # which grows by those that it names
        for requirement in project["optional-dependencies"][extra]:
            own = re.fullmatch(r"idlat\[(.+)\]", requirement)
            named += [each for each in own[1].split(",") if each not in named] if own else []
            wanted += [] if own else [requirement]
    return wanted


def main() -> None:
    """Print one constraint a line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "extras", nargs="*", help="extras of pyproject.toml whose dependencies are pinned too"
    )
    for name, version in lowest_versions(admitted(parser.parse_args().extras)).items():
        print(f"{name}=={version}")


if __name__ == "__main__":
    main()
