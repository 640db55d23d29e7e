"""Arrays that idlat alone writes, as any Zarr program meets them: they are read, and refuse to be written."""

from __future__ import annotations

import numpy as np
import pytest
import zarr

import idlat
from idlat.archive.codecs.mask_codec import MaskCodec
from idlat.archive.codecs.named_codec import whole_chunk
from idlat.archive.codecs.place_codec import PlaceCodec
from idlat.archive.codecs.residual_codec import ResidualCodec
from idlat.archive.codecs.second_codec import SecondCodec
from idlat.archive.codecs.step_codec import StepCodec
from idlat.errors import ArchiveError, CorruptStreamError

ARRAYS = ("residual", "step", "second")


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A bounded archive of the default model whose bound varies; its chunks end where the field ends."""
    z, y, x = np.meshgrid(*(np.linspace(0, 3, n) for n in (20, 70, 33)), indexing="ij")
    values = (np.sin(z + y) * np.cos(x)).astype(np.float32)
    archive = tmp_path_factory.mktemp("bounded") / "a.idlat"
    idlat.compress(values, archive, "box(z=0:8)", max_error=(1e-3, 1e-1), quality=20)
    return archive


@pytest.mark.parametrize("kind", ARRAYS)
def test_zarr_reads_them_whole(path, kind):
    if kind == "residual":
        with pytest.raises(ArchiveError, match="read by idlat alone"):
            zarr.open_array(path / "field" / kind, mode="r")[...]
        return
    found = zarr.open_array(path / "field" / kind, mode="r")[...]
    assert found.shape == zarr.open_array(path / "field" / kind, mode="r").shape
    assert found.any()


@pytest.mark.parametrize("kind", ARRAYS)
def test_zarr_does_not_write_them(path, kind):
    array = zarr.open_array(path / "field" / kind, mode="r+")
    with pytest.raises(ArchiveError, match=f"codec idlat_{kind}: idlat alone writes this array"):
        array[...] = np.ones(array.shape, array.dtype)


@pytest.mark.parametrize(
    ("codec", "configuration", "expected"),
    [
        (ResidualCodec, {"type": "float32"}, "'dtype' and 'varies', got .'type'."),
        (SecondCodec, {"model": "0" * 64}, "'model' and 'coding', got .'model'."),
        (StepCodec, {"levels": 3}, "nothing, got .'levels'."),
        (MaskCodec, {"level": 3}, "nothing, got .'level'."),
        (PlaceCodec, {"level": 3}, "nothing, got .'level'."),
    ],
)
def test_a_configuration_of_something_else_is_named(codec, configuration, expected):
    with pytest.raises(ArchiveError, match=f"codec {codec.name}: .* should hold {expected}"):
        codec.from_dict({"name": codec.name, "configuration": configuration})


@pytest.mark.parametrize("shape", [(2, 3), (1, 5)])
def test_what_does_not_fit_into_a_chunk_is_damage(shape):
    with pytest.raises(CorruptStreamError, match=r"a chunk \(1, 4\)"):
        whole_chunk(np.zeros(shape), (1, 4))
