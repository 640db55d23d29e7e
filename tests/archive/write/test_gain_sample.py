"""The sample that a search for a gain begins with."""

from __future__ import annotations

import numpy as np
import pytest

import idlat
from idlat.archive.format.settings import Settings
from idlat.archive.write.compression_plan import plan_compression
from idlat.archive.write.fit_model import fit_model
from idlat.archive.write.frame_writer import FrameWriter
from idlat.archive.write.gain_sample import draw_sample


def sample_of(field, importance, model, workers=1):
    plan = plan_compression(field, importance, model, Settings(), workers=1)
    return draw_sample(plan.sources, [model], plan.record.variables[0].bytes_original, workers)


@pytest.mark.parametrize("shape", [(1, 1, 1), (9, 20, 33), (64, 64, 256)])
@pytest.mark.parametrize("importance", ["1", "0", "box(z=0:1, y=0:1, x=0:1)"])
def test_its_weights_stand_for_every_chunk_of_an_even_map(make_field, model, shape, importance):
    sample = sample_of(make_field(shape), importance, model)
    chunks = -(-shape[2] // 64)
    assert sum(piece.weight for piece in sample.pieces) == pytest.approx(chunks, rel=0.2)


def test_what_it_estimates_is_near_the_whole_and_the_same_for_any_workers(tmp_path, make_field, model):
    field = make_field((70, 130, 260), steps=2)
    field.values[:, :5, :5, 60:70] = np.nan
    samples = [sample_of(field, "0.1 + 0.9 * (value > 11)", model, workers) for workers in (1, 2)]
    archive = idlat.compress(field, tmp_path / "a", "0.1 + 0.9 * (value > 11)", model)
    assert len(samples[0].pieces) < len(archive.decoder().latents.indices()) / 2
    ratio, psnr = samples[0].ratio(archive.gain), samples[0].psnr(archive.gain)
    assert ratio == pytest.approx(field.nbytes / archive.info().bytes_streams, rel=0.5)
    assert psnr == pytest.approx(archive.info().variables[0].errors.wpsnr, abs=5)
    assert (samples[1].ratio(archive.gain), samples[1].psnr(archive.gain)) == (ratio, psnr)


@pytest.mark.parametrize(("option", "value"), [("ratio", 150), ("psnr", 47)])
def test_a_search_encodes_the_whole_a_few_times(tmp_path, make_field, model, monkeypatch, option, value):
    field = make_field((64, 128, 192))
    encodes, encode = [], FrameWriter.encode
    monkeypatch.setattr(FrameWriter, "encode", lambda s, *a, **k: encodes.append(1) or encode(s, *a, **k))
    archive = idlat.compress(field, tmp_path / "a", "value > 11", model, **{option: value})
    if option == "ratio":
        assert field.nbytes / archive.info().bytes_streams == pytest.approx(value, rel=0.02)
    else:
        assert idlat.evaluate(archive, field).wpsnr == pytest.approx(value, abs=0.1)
    assert 1 <= len(encodes) <= 3


def test_a_sample_under_a_fitted_model_is_nearer_to_the_whole(tmp_path, make_field):
    field, default = make_field((64, 128, 192)), idlat.load_model()
    plan = plan_compression(field, "1", default, Settings(), workers=1)
    sample = draw_sample(plan.sources, [default], field.nbytes, 1)
    archive = idlat.compress(field, tmp_path / "a", quality=60)
    fitted = sample.under(plan.sources, [fit_model(plan.sources[0], default, archive.gain)])
    whole = field.nbytes / archive.info().bytes_streams
    assert abs(fitted.ratio(archive.gain) / whole - 1) < abs(sample.ratio(archive.gain) / whole - 1)
