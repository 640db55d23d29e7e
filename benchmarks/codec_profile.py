"""Where the processor time of the default model's encode and decode goes, stage by stage.

    python benchmarks/codec_profile.py [FIELD] [--size 128|256] [--quality 50] [--workers 1,2] [--uniform]
    python benchmarks/codec_profile.py --on-disk --size 800 --repeats 1

A stage's time is that of the threads inside its functions less what is spent in other stages below; what is
in none is "the rest". Medians of --repeats calls, array to archive and back, without start-up; with --on-disk
from a file to an archive and back to a file, a part at a time, as the commands do.
"""

from __future__ import annotations

import argparse
import functools
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from shared.large_field import write_field
from shared.speed_input import given

import idlat

#: Stages, and the functions that are theirs: module, class or none, name.
ENCODE = {
    "statistics": [
        ("idlat.archive.write.compression_plan", None, "scan_variable"),
        ("idlat.archive.original.field_scan", None, "_scan_values"),
    ],
    "fit": [("idlat.archive.write.fit_model", None, "fit_model")],
    "map": [("idlat.importance.importance_map", "ImportanceMap", "region")],
    "values, normalised": [("idlat.archive.original.tile_reader", "VariableInput", "read")],
    "first transform": [("idlat.transform.cells", None, "to_cells")],
    "levels": [
        ("idlat.model.subband.cell_levels", None, "wanted_levels"),
        ("idlat.model.subband.chunk_coder", None, "levels_of_cells"),
    ],
    "quantisation": [("idlat.model.subband.chunk_coder", "ChunkCoder", "quantise")],
    "noise shaping": [("idlat.model.subband.noise_shaping", None, "shape_noise")],
    "entropy coding": [
        ("idlat.model.subband.model", "SubbandModel", "encode_chunks"),
        ("idlat.model.subband.chunk_coder", "ChunkCoder", "encode"),
    ],
    "second transform": [("idlat.model.subband.low_tiles", "LowTiles", "encode_low")],
    "objects stored": [("idlat.archive.storage.archive_store", "ArchiveStore", "put")],
    "check": [
        ("idlat.archive.check.measure_errors", None, "measure_errors"),
        ("idlat.archive.read.variable_decoder", "VariableDecoder", "decode_tile"),
    ],
}
DECODE = {
    "objects read": [("idlat.archive.storage.archive_store", "ArchiveStore", "get")],
    "entropy decoding": [("idlat.model.subband.model", "SubbandModel", "decode_chunks")],
    "second transform": [("idlat.model.subband.low_tiles", "LowTiles", "decode_low")],
    "dequantised": [("idlat.model.subband.synthesis", "Synthesis", "synthesise")],
    "first transform": [("idlat.transform.cells", None, "from_cells")],
    "values": [("idlat.normalise", "Normalisation", "backward")],
}
REST = "the rest"
_SMALL = 136  # voxels along an axis, of a field to begin with
Stages = dict[str, list[tuple[str, str | None, str]]]


class Watch:
    """Processor time by stage, over all threads."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._own = threading.local()
        self._lock = threading.Lock()

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that does the same, on the watch."""

        @functools.wraps(function)
        def call(*args: Any, **options: Any) -> Any:
            below = getattr(self._own, "below", 0.0)
            self._own.below, start = 0.0, time.thread_time()
            try:
                return function(*args, **options)
            finally:
                spent = time.thread_time() - start
                with self._lock:
                    self.seconds[stage] += spent - self._own.below
                self._own.below = below + spent

        return call

    def put_on(self, stages: Stages) -> None:
        """Watch the functions of stages, wherever they were imported to."""
        for stage, functions in stages.items():
            for module, owner, name in functions:
                place = sys.modules[module]
                if owner is not None:
                    place = getattr(place, owner)
                    setattr(place, name, self.timed(stage, getattr(place, name)))
                    continue
                plain = getattr(place, name)
                watched = self.timed(stage, plain)
                for other in list(sys.modules.values()):
                    if getattr(other, "__name__", "").startswith("idlat.") and vars(other).get(name) is plain:
                        setattr(other, name, watched)


def profile(call: Callable[[], object], watch: Watch, repeats: int) -> dict[str, float]:
    """Return the median of each stage's seconds, and of the rest."""
    found = []
    for _ in range(repeats):
        watch.seconds.clear()
        start = time.process_time()
        call()
        spent = time.process_time() - start
        found.append({**watch.seconds, REST: spent - sum(watch.seconds.values())})
    names = dict.fromkeys(name for one in found for name in one)
    return {name: statistics.median(one.get(name, 0.0) for one in found) for name in names}


def print_profile(title: str, found: dict[str, float], megabytes: float) -> None:
    """Print the milliseconds of each stage, and its share."""
    total = sum(found.values())
    print(f"\n{title}: {1000 * total:.0f} ms, {megabytes / total:.1f} MB a second of processor time")
    for name, seconds in sorted(found.items(), key=lambda item: -item[1]):
        print(f"| {name} | {1000 * seconds:.0f} | {100 * seconds / total:.0f} % |")


class Job(NamedTuple):
    """What is profiled: both directions, given a number of workers; 10⁶ bytes of the field."""

    encode: Callable[[int], object]
    decode: Callable[[int], object]
    megabytes: float


def in_memory(options: argparse.Namespace, folder: Path) -> Job:
    """From an array, under a map that is an array, to an archive, and back."""
    work, model, path = given(options.field, options.size), idlat.load_model(), folder / "a.idlat"
    importance = None if options.uniform else work.importance
    how: dict[str, Any] = {"quality": options.quality, "mode": "w"}
    return Job(
        lambda n: idlat.compress(work.field, path, importance, model, workers=n, **how),
        lambda n: idlat.open_archive(path, model).decode(workers=n).load(),
        work.megabytes,
    )


def on_disk(options: argparse.Namespace, folder: Path) -> Job:
    """From a file, under a map that is an expression, to an archive, and back to a file."""
    from idlat.cli.decompress import SLAB_BYTES
    from idlat.fields import FieldWriter

    field, path = Path(options.field or folder / "field.npy"), folder / "a.idlat"
    if not options.field:
        write_field(field, options.size)
    importance = None if options.uniform else "gradient()"
    how: dict[str, Any] = {"quality": options.quality, "mode": "w"}

    def decode(workers: int) -> None:
        with idlat.open_archive(path) as archive:
            part = archive.variable(None)
            with FieldWriter(folder / "back.npy", part.template, True) as writer:
                for where, values in part.slabs(SLAB_BYTES, workers):
                    writer.write(values, **where)

    return Job(
        lambda n: idlat.compress(idlat.open_field(field), path, importance, workers=n, **how),
        decode,
        idlat.open_field(field).nbytes / 1e6,
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("field", nargs="?", metavar="FIELD", help="a random one of --size unless told")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--quality", type=float, default=50.0)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--workers", type=lambda text: [int(n) for n in text.split(",")], default=[1, 2])
    parser.add_argument("--uniform", action="store_true", help="importance 1 everywhere, not an isosurface's")
    parser.add_argument(
        "--on-disk", action="store_true", help="a field of waves of --size, unless FIELD is given"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        job_of = on_disk if options.on_disk else in_memory
        small = job_of(argparse.Namespace(**{**vars(options), "field": None, "size": _SMALL}), Path(folder))
        small.encode(1)  # so that all is imported
        small.decode(1)
        job = job_of(options, Path(folder))
        watch = Watch()
        for stages, title, call in ((ENCODE, "encode", job.encode), (DECODE, "decode", job.decode)):
            watch.put_on(stages)
            for workers in options.workers:
                found = profile(lambda call=call, workers=workers: call(workers), watch, options.repeats)
                print_profile(f"{title}, {workers} workers", found, job.megabytes)


if __name__ == "__main__":
    main()
