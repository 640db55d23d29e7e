"""Damaged and mixed-up archives decode to the same values, or are refused in one line; ``verify`` tells."""

from __future__ import annotations

import collections
import contextlib
import io
import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.archive.codecs import model_lookup
from idlat.errors import IdlatError
from idlat.model import LearnedModel
from support.archives import mutants
from support.archives.mutants import Link, Mutant, Subject
from support.models.paper_networks import random_block_model
from support.models.tiny_network import random_network

LIMIT = 120  # seconds after which a mutant counts as one that hangs; each takes a fraction of one


def _fields(seed: int, steps: range, shape=(9, 10, 70)) -> xr.Dataset:
    """Two variables on two chunks, with missing values that move, and coordinates of three kinds."""
    z, y, x = np.meshgrid(*(np.arange(n) / 9 for n in shape), indexing="ij")
    phase = np.random.default_rng(seed).random(4)
    arrays = {}
    for number, name in enumerate("uv"):
        values = np.stack(
            [np.sin(z + t + phase[number]) * np.cos(y) + 2 * np.sin(x + phase[number + 2]) for t in steps]
        ).astype(np.float32)
        values[:, number, 1:3, 4] = np.nan
        values[-1, 5, 5, number] = np.nan
        arrays[name] = (("time", "z", "y", "x"), values, {"units": "m s-1", "seed": seed})
    coordinates = {
        "time": np.array("2020-01-01", "datetime64[ns]") + np.array(steps) * np.timedelta64(6, "h"),
        "z": np.arange(shape[0]) * 1.5 + seed,
        "lat": (("y", "x"), np.add.outer(np.arange(shape[1]), np.arange(shape[2])) * 0.25),
        "station": (("y",), [f"s{i}" for i in range(shape[1])]),
    }
    return xr.Dataset(arrays, coordinates)


def _objects(folder: Path) -> mutants.Objects:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


def _family(folder: Path, model, options) -> tuple[mutants.Objects, ...]:
    """Return an archive with its twin, its fork, and what it was before steps were appended."""
    whole, twin, fork = (folder / name for name in ("whole", "twin", "fork"))
    idlat.compress(_fields(1, range(2)), whole, model=model, keep_importance=True, workers=1, **options)
    before = _objects(whole)
    shutil.copytree(whole, fork)
    for path, seed in ((whole, 1), (fork, 2)):
        more = _fields(seed, range(2, 3) if seed == 1 else range(7, 8))
        more = more.assign_coords(z=np.arange(9) * 1.5 + 1)
        idlat.compress(more, path, model=model, mode="a", workers=1)
    idlat.compress(_fields(3, range(3)), twin, model=model, keep_importance=True, workers=1, **options)
    return (*map(_objects, (whole, twin, fork)), before)


def _subjects(tmp_path_factory, names: tuple[str, ...]) -> list[Subject]:
    """Archives of presets, as folders and as zip files; the shipped model's carries none."""
    given = {
        "learned": (
            lambda: LearnedModel.from_network(random_network()),
            {"quality": 60, "importance": "u > 0"},
        ),
        "paper": (lambda: random_block_model("paper"), {}),
        "baseline": (lambda: random_block_model("baseline"), {}),
        "shipped": (lambda: None, {"importance": "0.2 + 0.8 * (v > 0)"}),
    }
    made = []
    for name in names:
        model, options = given[name]
        family = _family(tmp_path_factory.mktemp(name), model(), options)
        made.append(Subject(name, *family))
        made.append(Subject(f"{name}.zip", *family, zipped=True))
    return made


def _seen(path: Path) -> list[object]:
    """Everything that decoding an archive gives."""
    found: list[object] = []
    with idlat.open_archive(path) as archive:
        found.append(archive.record)
        for name in archive.variables:
            field = archive.decode(name, workers=1)
            arrays = {"": field.variable, **{str(k): c.variable for k, c in field.coords.items()}}
            for key, variable in sorted(arrays.items()):
                values = variable.to_numpy()
                content = values.tolist() if values.dtype.kind in "OTU" else values.tobytes()
                found.append((key, variable.dims, str(values.dtype), content, repr(variable.attrs)))
            found.append((field.name, repr(sorted(field.encoding.items(), key=str))))
            found.append(archive.decode(name, coarse=archive.model.cell).to_numpy().tobytes())
            found.append(archive.importance(name).to_numpy().tobytes())
    return found


@contextlib.contextmanager
def _time_limit() -> Iterator[None]:
    def raise_(*_: object) -> None:
        raise TimeoutError

    previous = signal.signal(signal.SIGALRM, raise_)
    signal.alarm(LIMIT)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)


class _Bench:
    """Puts mutants of one archive on the disk, and judges what comes of them."""

    def __init__(self, subject: Subject, folder: Path) -> None:
        self.subject, self.folder = subject, folder
        self.outside = folder / "outside"
        mutants.lay(self.outside, subject.objects)
        self.path = folder / ("a.zip" if subject.zipped else "a.idlat")
        self._lay(Mutant("none"))
        if not subject.zipped:
            mutants.lay(self.path, subject.objects)
        self.reference = _seen(self.path)
        assert idlat.verify(self.path, workers=1).ok

    def _lay(self, mutant: Mutant) -> None:
        """Write a mutant; in a folder, only what it changes."""
        objects = {**self.subject.objects, **mutant.changes}
        if mutant.packed is not None:
            self.path.write_bytes(mutant.packed)
        elif self.subject.zipped:
            self.path.write_bytes(mutants.pack({k: v for k, v in objects.items() if isinstance(v, bytes)}))
        else:
            for key, value in mutant.changes.items():
                if isinstance(value, bytes):
                    mutants.lay(self.path, {key: value})
                elif value is None:
                    (self.path / key).unlink(missing_ok=True)
            for key, value in mutant.changes.items():
                if isinstance(value, Link):
                    if (self.path / key).is_dir():
                        shutil.rmtree(self.path / key)
                    else:
                        (self.path / key).unlink()
                    (self.path / key).symlink_to(self.outside / value.key)

    def undo(self, mutant: Mutant) -> None:
        """Make the archive what it was."""
        if not self.subject.zipped:
            for key in reversed(mutant.changes):  # a link before what is behind it
                (self.path / key).unlink(missing_ok=True)
            originals = {k: self.subject.objects[k] for k in mutant.changes if k in self.subject.objects}
            mutants.lay(self.path, originals)
            assert _objects(self.path) == self.subject.objects

    def judge(self, mutant: Mutant) -> str:
        """Return ``same``, ``refused``, or what is wrong."""
        self._lay(mutant)
        model_lookup._registered.clear()  # so that a model that the archive carries is read
        try:
            with _time_limit():
                same = _seen(self.path) == self.reference
                outcome = "same" if same else "silently wrong"
        except IdlatError as error:
            outcome = "refused" if "\n" not in str(error) else "more than one line"
        except TimeoutError:
            outcome = "hang"
        except Exception as error:
            return f"traceback: {type(error).__name__}: {error}"
        reported = self._reported()
        if outcome == "refused" and not reported:
            return "not reported by verify"
        if outcome == "same" and not reported:
            if mutant.leads_out:
                return "silently wrong: what lies outside was read"
            if changed := self._changed(mutant):
                return f"not reported by verify: {changed}"
        return outcome

    def _changed(self, mutant: Mutant) -> list[str]:
        """Return what a mutant changed of what the archive holds; how JSON is written does not matter."""
        if mutant.packed is not None:
            return []
        was = self.subject.objects
        return [
            key
            for key, value in mutant.changes.items()
            if key in was and _said(key, was[key]) != _said(key, value)
        ]

    def _reported(self) -> bool:
        try:
            with _time_limit():
                return not idlat.verify(self.path, workers=1).ok
        except IdlatError:
            return True


def _said(key: str, content: Any) -> Any:
    """Return what an object says: of JSON, its value, but for what Zarr's own programs may add."""
    try:
        value = json.loads(content) if key.endswith(".json") else content
    except (ValueError, TypeError, RecursionError):
        return content
    if isinstance(value, dict):
        value.pop("consolidated_metadata", None)
    return value


def _table(counts: dict[str, collections.Counter[str]]) -> str:
    columns = sorted({outcome for row in counts.values() for outcome in row})
    out = io.StringIO()
    print(f"{'kind':16}", *(f"{c:>16}" for c in columns), file=out)
    total: collections.Counter[str] = collections.Counter()
    for kind, row in sorted(counts.items()):
        print(f"{kind:16}", *(f"{row[c]:16}" for c in columns), file=out)
        total.update(row)
    print(f"{'all':16}", *(f"{total[c]:16}" for c in columns), file=out)
    return out.getvalue()


def _run(subjects: list[Subject], folder: Path, number: int, seed: int) -> None:
    """Judge mutants, in turn of each archive; print their table; fail where any is wrong."""
    counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    wrong = []
    for place, subject in enumerate(subjects):
        (folder / subject.name).mkdir()
        bench, rng = _Bench(subject, folder / subject.name), np.random.default_rng([seed, place])
        for at in range(number // len(subjects)):
            mutant = mutants.draw(subject, rng)
            outcome = bench.judge(mutant)
            bench.undo(mutant)
            counts[mutant.kind][outcome.split(":")[0]] += 1
            if outcome not in ("same", "refused"):
                wrong.append(f"{subject.name} {at} {mutant.kind} {list(mutant.changes)[:4]}: {outcome}")
    print(_table(counts))
    assert not wrong, "\n".join(wrong)


@pytest.fixture
def fresh_registry():
    """Leave the models that the process knows as they were."""
    known = dict(model_lookup._registered)
    yield
    model_lookup._registered.update(known)


@pytest.mark.usefixtures("fresh_registry")
def test_a_sample_of_mutants(tmp_path_factory, tmp_path):
    _run(_subjects(tmp_path_factory, ("paper", "shipped")), tmp_path, 24, seed=0)


@pytest.mark.slow
@pytest.mark.usefixtures("fresh_registry")
def test_two_thousand_mutants(tmp_path_factory, tmp_path):
    every = ("learned", "paper", "baseline", "shipped")
    _run(_subjects(tmp_path_factory, every), tmp_path, 2000, seed=1)
