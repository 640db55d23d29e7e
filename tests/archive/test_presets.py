"""The presets `paper` and `baseline` through archives and the command line."""

import json

import numpy as np
import pytest
import xarray as xr
import zarr

import idlat
from idlat.cli.app import run
from idlat.errors import ArchiveError, IdlatError
from support.models.paper_networks import random_block_model


@pytest.fixture(scope="module", params=["paper", "baseline"])
def preset_model(request):
    return random_block_model(request.param)


@pytest.mark.parametrize("shape", [(1, 1, 1), (21, 40, 7), (70, 17, 33)])
def test_any_size_goes_through(shape, preset_model, make_field, tmp_path):
    field = make_field(shape)
    archive = idlat.compress(field, tmp_path / "a.idlat", "box(z=0:1)", preset_model, workers=1)
    decoded = archive.decode(workers=1)
    assert decoded.shape == shape
    assert decoded.dtype == field.dtype
    part = idlat.open_archive(tmp_path / "a.idlat", preset_model).decode(z=slice(shape[0] - 1, shape[0]))
    assert np.allclose(part, decoded[-1:], atol=1e-4)
    latents = archive.latents()
    blocks = tuple(-(-n // 16) for n in shape)
    assert latents.shape == (*blocks, preset_model.channels)
    assert latents.dtype == preset_model.latent_dtype
    assert idlat.evaluate(archive, field).wpsnr == pytest.approx(archive.info().variables[0].errors.wpsnr)
    assert idlat.verify(archive, field).ok


def test_steps_components_and_missing_values_go_through(preset_model, make_field, tmp_path):
    field = make_field((20, 18, 17), steps=3)
    field[1, 3, 4, 5] = np.nan
    archive = idlat.compress(field[:2], tmp_path / "a.idlat", model=preset_model, keep_importance=True)
    archive = idlat.compress(field[2:], tmp_path / "a.idlat", model=preset_model, mode="a")
    decoded = archive.decode()
    assert decoded.shape == field.shape
    assert np.isnan(decoded[1, 3, 4, 5])
    assert np.isnan(decoded).sum() == 1
    assert idlat.verify(archive, field).ok
    assert archive.decode(coarse=16).shape == (3, 2, 2, 2)
    assert archive.importance().shape == (3, 2, 2, 2)


def test_baseline_is_7_3143_on_128_cubed(tmp_path):
    model = random_block_model("baseline", channels=16)
    field = xr.DataArray(np.random.default_rng(0).random((128, 128, 128), np.float32), dims=("z", "y", "x"))
    archive = idlat.compress(field, tmp_path / "a.idlat", model=model)
    chunks = sorted((tmp_path / "a.idlat" / "field" / "latents" / "c").rglob("*"))
    values = sum(path.stat().st_size - 8 for path in chunks if path.is_file())  # tag and checksum
    assert values == 8**3 * 560 * 4
    assert f"{field.nbytes / values:.4f}" == "7.3143"
    with_checksums = field.nbytes / archive.info().bytes_streams
    assert with_checksums == pytest.approx(7.3143, rel=1e-4)
    assert archive.latents().shape == (8, 8, 8, 560)


def test_the_array_says_how_a_block_is_laid_out(preset_model, make_field, tmp_path):
    with idlat.compress(make_field((33, 16, 16)), tmp_path / "a.idlat", model=preset_model) as archive:
        array = zarr.open_array(tmp_path / "a.idlat" / "speed" / "latents", mode="r")
        assert array.shape == (1, preset_model.channels, 3, 1, 1)
        assert array.attrs["block_core"] == [16, 16, 16]
        assert array.attrs["block_halo"] == [4, 4, 4]
        assert array.attrs["cells_per_block"] == [3, 3, 3]
        assert array.attrs["hyper_cells_per_block"] == [2, 2, 2]
        assert array.attrs["values"] == {"y": 4 * 27, "z": 4 * 8}
        blocks = np.moveaxis(np.asarray(array)[0], 0, -1)
        assert np.array_equal(blocks, archive.latents().values)
        assert archive.latents().attrs["cells"] == [27] * 4 + [8] * 4


def test_blocks_of_8_are_refused(preset_model, make_field, tmp_path):
    archive = idlat.compress(make_field((16, 16, 16)), tmp_path / "a.idlat", model=preset_model)
    with pytest.raises(IdlatError, match=f"preset {preset_model.preset} codes blocks of 16 voxels whole"):
        archive.latents(block=8)


@pytest.mark.parametrize("option", ["quality", "ratio", "psnr"])
def test_a_choice_of_quality_is_refused(option, preset_model, make_field, tmp_path, capsys):
    source, model = tmp_path / "f.npy", tmp_path / "m.safetensors"
    np.save(source, make_field((16, 16, 16)).values)
    model.write_bytes(preset_model.to_bytes())
    args = ["compress", str(source), "-o", str(tmp_path / "a.idlat"), "--model", str(model)]
    assert run([*args, f"--{option}", "40"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"preset {preset_model.preset} has one quality" in said
    assert f"leave out --{option}" in said
    assert not (tmp_path / "a.idlat").exists()


def test_the_command_line_round_trip(preset_model, make_field, tmp_path, capsys):
    source, model, archive, back = (
        str(tmp_path / name) for name in ("f.npy", "m.safetensors", "a.zip", "b.npy")
    )
    np.save(source, make_field((19, 35, 16)).values)
    (tmp_path / "m.safetensors").write_bytes(preset_model.to_bytes())
    assert run(["compress", source, "-o", archive, "--model", model, "--importance", "value > 10"]) == 0
    assert run(["decompress", archive, "-o", back]) == 0  # the archive carries the model
    capsys.readouterr()
    assert run(["info", archive, "--json"]) == 0
    info = json.loads(capsys.readouterr().out)
    assert (info["preset"], info["gain"]) == (preset_model.preset, 0.0)
    assert run(["evaluate", archive, source, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["lsr"] > 0.5
    assert run(["verify", archive, source]) == 0
    assert np.load(back).shape == (19, 35, 16)


def test_the_same_bytes_for_any_number_of_workers(preset_model, make_field, files_of, tmp_path):
    field = make_field((80, 20, 130))
    for workers in (1, 3):
        idlat.compress(field, tmp_path / f"{workers}.idlat", model=preset_model, workers=workers)
    assert files_of(tmp_path / "1.idlat") == files_of(tmp_path / "3.idlat")


def test_damage_is_named(preset_model, make_field, tmp_path):
    idlat.compress(make_field((16, 16, 70)), tmp_path / "a.idlat", model=preset_model)
    chunk = tmp_path / "a.idlat" / "speed" / "latents" / "c" / "0" / "0" / "0" / "0" / "1"
    content = bytearray(chunk.read_bytes())
    content[2] ^= 1
    chunk.write_bytes(content)
    archive = idlat.open_archive(tmp_path / "a.idlat", preset_model)
    with pytest.raises(ArchiveError, match=r"chunk speed/latents/c/0/0/0/0/1 is damaged"):
        archive.decode()
    assert len(idlat.verify(archive).faults) == 1
    chunk.unlink()
    with pytest.raises(ArchiveError, match="is missing"):
        idlat.open_archive(tmp_path / "a.idlat", preset_model).decode()


def test_periodic_axes_hold_whole_blocks(preset_model, make_field, tmp_path):
    with pytest.raises(IdlatError, match="expected a multiple of 16"):
        idlat.compress(make_field((24, 16, 16)), tmp_path / "a.idlat", model=preset_model, periodic="z")
    archive = idlat.compress(make_field((32, 16, 16)), tmp_path / "b.idlat", model=preset_model, periodic="z")
    assert archive.decode().shape == (32, 16, 16)
