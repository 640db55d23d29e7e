"""The codec for numcodecs: what it gives back, what it refuses, and other tools around it."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from pathlib import Path

import numcodecs
import numpy as np
import pytest
import zarr

import idlat
from idlat.errors import IdlatError
from idlat.numcodecs import Idlat


def smooth(shape: tuple[int, ...], dtype: str = "float32") -> np.ndarray:
    axes = np.meshgrid(*(np.arange(n) / 9.0 for n in shape), indexing="ij")
    return (100 * sum(np.sin(axis + k) for k, axis in enumerate(axes))).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64", ">f4", "int16", "uint8"])
@pytest.mark.parametrize("shape", [(17,), (9, 20), (8, 9, 10), (2, 5, 6, 7), (2, 1, 5, 6, 7)])
def test_every_value_is_within_its_bound(shape, dtype) -> None:
    values = np.abs(smooth(shape, "float64") / 4).astype(dtype)
    codec = Idlat(max_error=0.25)
    back = codec.decode(codec.encode(values))
    assert (back.shape, back.dtype) == (values.shape, values.dtype)
    assert np.abs(back.astype(float) - values.astype(float)).max() <= 0.25


def test_missing_values_and_empty_chunks_come_back() -> None:
    values = smooth((8, 9, 10))
    values[2, 3, 4:], values[0, 0, 0] = np.nan, np.inf
    codec = Idlat(quality=60)
    out = np.empty_like(values)
    assert codec.decode(codec.encode(values), out) is out
    np.testing.assert_array_equal(np.isnan(out), np.isnan(values))
    assert out[0, 0, 0] == np.inf
    empty = codec.decode(codec.encode(np.zeros((3, 0), "int16")))
    assert (empty.shape, empty.dtype) == ((3, 0), np.dtype("int16"))


def test_importance_moves_the_bound() -> None:
    values = smooth((16, 24, 48)) + np.random.default_rng(0).normal(0, 10, (16, 24, 48)).astype("float32")
    codec = Idlat(max_error=(0.1, 20.0), importance="value > 150")
    coded = codec.encode(values)
    error = np.abs(codec.decode(coded) - values)
    assert error[values > 150].max() <= 0.1
    assert 1 < error.max() <= 20
    assert len(coded) < 0.7 * len(Idlat(max_error=0.1).encode(values))


def test_it_is_found_by_its_name_and_made_again() -> None:
    (entry,) = [entry for entry in entry_points(group="numcodecs.codecs") if entry.name == "idlat"] or [None]
    assert entry is None or entry.load() is Idlat  # an installation of before has no such entry
    codec = Idlat(max_error=(0.1, 20.0), importance="value > 100")
    assert numcodecs.get_codec(codec.get_config()) == codec
    assert Idlat(quality=30).get_config() == {"id": "idlat", "quality": 30}


@pytest.mark.parametrize(
    "text",
    [
        "gradient()",
        "isosurface(8.0, decay=0.2)",
        "box(z=1:2)",
        "value > 50%",
        "file('a.npy')",
        "T > 3",
        "rarity()",
    ],
)
def test_what_a_chunk_cannot_evaluate_is_refused(text: str) -> None:
    with pytest.raises(IdlatError, match=r"a chunk cannot evaluate|importance expression"):
        Idlat(importance=text)


def test_wrong_parameters_and_types_are_one_line() -> None:
    with pytest.raises(IdlatError, match="quality goes from 0 to 100, got 101"):
        Idlat(quality=101)
    with pytest.raises(IdlatError, match="codes integers and floats, got an array of complex64"):
        Idlat().encode(np.zeros(4, "complex64"))
    with pytest.raises(IdlatError, match="max-error should be above 0"):
        Idlat(max_error=-1.0).encode(smooth((8, 8, 8)))


def test_damaged_bytes_are_an_error() -> None:
    codec, rng = Idlat(max_error=0.5), np.random.default_rng(0)
    coded = codec.encode(smooth((8, 8, 9)))
    for _ in range(60):
        damaged = bytearray(coded)
        damaged[int(rng.integers(len(damaged)))] ^= 1 << int(rng.integers(8))
        with pytest.raises(IdlatError):
            codec.decode(bytes(damaged))
    for end in (0, 3, 7, 40, len(coded) - 1):
        with pytest.raises(IdlatError):
            codec.decode(coded[:end])


def test_as_the_compressor_of_a_zarr_array() -> None:
    values = smooth((20, 24, 40))
    array = zarr.create_array(
        {},
        shape=values.shape,
        chunks=(20, 24, 20),
        dtype="f4",
        zarr_format=2,
        compressors=Idlat(max_error=0.5),
    )
    array[...] = values
    assert np.abs(array[...] - values).max() <= 0.5


def test_safeguards_around_it() -> None:
    """numcodecs-safeguards finds nothing to correct where the bound holds, and mends where it does not."""
    safeguards = pytest.importorskip("numcodecs_safeguards", reason="numcodecs-safeguards is not installed")
    values = smooth((8, 16, 16))
    bound = {"kind": "eb", "type": "abs", "eb": 0.5}
    plain = safeguards.SafeguardedCodec(codec=Idlat(max_error=0.5), safeguards=[bound])
    back = plain.decode(plain.encode(values))
    assert np.abs(back - values).max() <= 0.5
    guarded = safeguards.SafeguardedCodec(codec=Idlat(quality=20), safeguards=[bound])
    assert np.abs(Idlat(quality=20).decode(Idlat(quality=20).encode(values)) - values).max() > 0.5
    assert np.abs(guarded.decode(guarded.encode(values)) - values).max() <= 0.5


def test_in_climatebenchpress() -> None:
    """The class in ``benchmarks/`` makes codecs as ClimateBenchPress asks for them."""
    import climatebenchpress_idlat

    values = smooth((1, 1, 4, 30, 40), "float32")  # realization, time, vertical, y, x
    codec = climatebenchpress_idlat.Idlat.abs_bound_codec(
        0.25, dtype=values.dtype, data_min=-300, data_max=300
    )
    assert np.abs(codec.decode(codec.encode(values)) - values).max() <= 0.25
    assert climatebenchpress_idlat.Idlat.name == "idlat"


def test_import_of_idlat_brings_no_codec() -> None:
    import subprocess

    code = "import idlat, sys; assert not {'numcodecs', 'idlat.numcodecs', 'zarr'} & {*sys.modules}"
    assert idlat.__version__
    environment = {"PYTHONPATH": str(Path(idlat.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
