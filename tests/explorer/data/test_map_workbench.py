"""The workbench: estimates agree with archives, chunks are not coded twice, maps compare."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr

from idlat import compress, evaluate, open_archive
from idlat.archive.read.chunk_readers import latent_key
from idlat.errors import FieldError, IdlatError, ImportanceError, OutputExistsError
from idlat.explorer.data import CancelledError, Dataset, Workbench
from idlat.explorer.data.workbench.compare_maps import aligned
from idlat.importance import parse

MAP = "isosurface(0.5, decay=0.2)"


@pytest.fixture
def bench(dataset):
    return Workbench(dataset, workers=1)


def bytes_of(archive, step, chunks):
    record = archive.record.variable(None)
    return [len(archive.store.get(latent_key(record, step, at))) for at in chunks]


def test_estimate_is_what_the_archive_holds(bench, dataset, field):
    found = bench.estimate(MAP, 60, 1)
    assert found.whole
    assert found.bytes == sum(bytes_of(dataset.archive, 1, [(0, 0, 0), (0, 1, 0)]))
    assert found.bytes_original == field[1].nbytes
    decoded = dataset.volume("reconstruction", 1).values
    np.testing.assert_allclose(found.reconstruction, decoded, atol=1e-5)
    error = (decoded - field.values[1]).astype(np.float64)
    importance = parse(MAP).evaluate(field).values[1]
    valid, span = np.isfinite(error), np.ptp(dataset.value_range(1))

    def psnr(part):
        return -10 * np.log10(np.mean(error[valid & part] ** 2) / span**2)

    assert found.psnr_inside == pytest.approx(psnr(importance >= 0.5), abs=1e-3)
    assert found.psnr_outside == pytest.approx(psnr(importance < 0.5), abs=1e-3)
    weights = importance[valid]
    wpsnr = -10 * np.log10((weights * error[valid] ** 2).sum() / weights.sum() / span**2)
    assert found.wpsnr == pytest.approx(wpsnr, abs=1e-3)
    np.testing.assert_allclose(found.importance[valid], weights, atol=1e-6)


def test_quality_and_map_trade_size_for_errors(bench):
    coarse, fine = (bench.estimate("1", quality, 0) for quality in (20, 80))
    assert coarse.bytes < fine.bytes
    assert coarse.errors.psnr < fine.errors.psnr
    box, even = (bench.estimate(text, 20, 0) for text in ("box(y=:36)", "1"))
    assert box.bytes < even.bytes
    assert box.psnr_inside > box.psnr_outside + 3
    assert box.errors.share == pytest.approx(0.5, abs=0.05)


def test_one_chunk(bench):
    found = bench.estimate(MAP, 60, 0, [(0, 1, 0)])
    assert (found.region, found.whole) == (((0, 40), (64, 72), (0, 50)), False)
    assert found.first_block == (0, 4, 0)
    assert found.reconstruction.shape == found.importance.shape == (40, 8, 50)
    whole = bench.estimate(MAP, 60, 0).reconstruction[:, 64:]
    np.testing.assert_allclose(found.reconstruction, whole, atol=0.1)
    assert bench.chunks_of(found.region) == [(0, 1, 0)]


def test_chunks_are_coded_once(bench, dataset, monkeypatch):
    calls = []
    analyse = type(dataset.archive.model).analyse
    monkeypatch.setattr(
        type(dataset.archive.model), "analyse", lambda *args: calls.append(1) or analyse(*args)
    )
    bench.estimate("box(y=:16)", 50, 0)
    assert len(calls) == 2
    bench.estimate("box(y=:24)", 50, 0)  # the other chunk and its surroundings do not see the box
    assert len(calls) == 3
    bench.estimate("box(y=:24)", 51, 0)
    assert len(calls) == 5


def test_progress_and_cancelling(bench):
    seen = []
    bench.estimate(MAP, 33, 0, progress=lambda *report: seen.append(report))
    assert seen[0] == ("estimate", 1, 2)
    assert seen[-1] == ("estimate", 2, 2)
    asked = []
    with pytest.raises(CancelledError):
        bench.estimate(MAP, 34, 0, cancelled=lambda: asked.append(1) or True)
    assert len(asked) == 1
    assert bench.estimate(MAP, 34, 0).bytes > 0


def test_bad_requests(bench, alone):
    for arguments, error, message in (
        (("value >", 50, 0), ImportanceError, "position"),
        (('file("/etc/passwd")', 50, 0), ImportanceError, "reads a file"),
        (('0.5*mask("a.npy")', 50, 0), ImportanceError, "reads a file"),
        ((MAP, 101, 0), IdlatError, "from 0 to 100"),
        ((MAP, float("nan"), 0), IdlatError, "from 0 to 100"),
        ((MAP, 50, 2), IdlatError, "no step 2"),
        ((MAP, 50, 0, [(0, 2, 0)]), IdlatError, r"no chunk \(0, 2, 0\)"),
        ((MAP, 50, 0, []), IdlatError, "no chunk"),
        (("isosurface(99)", 50, 0), ImportanceError, "99"),
    ):
        with pytest.raises(error, match=message):
            bench.estimate(*arguments)
    with pytest.raises(FieldError, match="importance needs the field"):
        Workbench(alone).estimate(MAP, 50, 0)
    with pytest.raises(FieldError, match="made of the field"):
        Workbench(alone).save(MAP, 50, "out.idlat")


def test_json(bench):
    figures = bench.estimate("0", 50, 0).to_dict()
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    assert figures["psnr_inside"] is None
    assert figures["share_inside"] == 0


def test_compare(bench):
    a, b = (bench.estimate(text, 60, 0) for text in ("1", "box(y=:32)"))
    same = bench.compare(a, a)
    assert not same.moved.any()
    found = bench.compare(a, b, clusters=3)
    assert found.labels_a.shape == found.labels_b.shape == (3, 5, 4)
    assert (found.moved == (found.labels_a != found.labels_b)).all()
    figures = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert figures["change"]["bytes"] == b.bytes - a.bytes < 0
    assert figures["moved"] == len(figures["moved_blocks"]) == found.moved.sum() > 0
    with pytest.raises(IdlatError, match="same chunks"):
        bench.compare(a, bench.estimate("1", 60, 1))
    with pytest.raises(CancelledError):
        bench.compare(a, b, progress=stop)


def test_change_of_quality_is_measured_in_the_same_voxels(bench):
    a, b = (bench.estimate(text, 20, 0) for text in ("box(y=:36)", "box(y=36:)"))
    found = bench.compare(a, b).to_dict()
    assert b.psnr_inside > b.psnr_outside + 3
    # where A is inside B is outside, of its own map: much worse there, though its own inside is as good
    assert found["change"]["psnr_inside"] == pytest.approx(b.psnr_outside - a.psnr_inside, abs=1e-6)
    assert found["change"]["psnr_inside"] < -2
    assert found["change"]["psnr_outside"] > 2
    assert found["change"]["wpsnr"] < -2
    same = bench.compare(a, a).to_dict()["change"]
    assert set(same.values()) == {0}


def test_maps_of_other_chunks_in_the_same_box_do_not_compare(open_array, wave):
    bench = Workbench(open_array(wave((16, 72, 72))), workers=1)  # four chunks, two by two
    a, b = (bench.estimate("1", 40, 0, chunks) for chunks in ([(0, 0, 0), (0, 1, 1)], [(0, 0, 1), (0, 1, 0)]))
    assert a.region == b.region
    assert a.chunks == {(0, 0, 0), (0, 1, 1)}
    with pytest.raises(IdlatError, match="same chunks"):
        bench.compare(a, b)


def test_families_can_be_cancelled(bench, dataset):
    with pytest.raises(CancelledError):
        bench.families(stop)
    assert not dataset.cache.keys()


def stop(stage, done, total):
    raise CancelledError(stage)


def test_alignment_is_the_best_there_is():
    rng = np.random.default_rng(0)
    reference = rng.integers(0, 4, 200)
    permuted = np.array([2, 3, 0, 1])[reference] + 10
    np.testing.assert_array_equal(aligned(reference, permuted), reference)
    assert aligned(np.array([-1, -1]), np.array([3, -1])).tolist() == [0, -1]


def test_families_are_possible(bench):
    families = bench.families()
    assert {family.group for family in families} >= {"distance", "value", "location", "statistical", "time"}
    for family in families:
        expression = parse(family.text())
        assert str(expression)
        for parameter in family.parameters:
            assert parameter.low <= parameter.value <= parameter.high
    by_name = {family.name: family for family in families}
    assert by_name["box"].text({"z0": 1.0, "z1": 3.0}) == "box(z=1:3, y=18:54, x=12:38)"
    with pytest.raises(IdlatError, match="no parameter 'q'"):
        by_name["box"].text({"q": 1})
    with pytest.raises(IdlatError, match="finite"):
        by_name["above"].text({"value": float("inf")})
    assert bench.estimate(by_name["gradient"].text(), 50, 0).bytes > 0


def test_save(bench, field, tmp_path):
    path = bench.save("box(y=:36)", 40, tmp_path / "new.idlat")
    estimate = [bench.estimate("box(y=:36)", 40, step) for step in (0, 1)]
    with open_archive(path) as archive:
        assert archive.record.importance.text == "box(y=:36)"
        found = evaluate(archive, field)
    assert found.wpsnr == pytest.approx(np.mean([e.wpsnr for e in estimate]), abs=0.3)
    with pytest.raises(OutputExistsError):
        bench.save("1", 40, path)
    bench.save("1", 40, path, overwrite=True)
    with open_archive(path) as archive:
        assert archive.record.importance.text == "1"
    with pytest.raises(IdlatError, match="is the archive that is open"):
        bench.save("1", 40, bench.dataset.archive.path, overwrite=True)


def test_cancelled_save_leaves_nothing(bench, tmp_path):
    calls = []
    with pytest.raises(CancelledError):
        bench.save("1", 40, tmp_path / "new.idlat", cancelled=lambda: calls.append(1) or len(calls) > 2)
    assert list(tmp_path.iterdir()) == []


def test_components_and_several_variables(open_array, model):
    rng = np.random.default_rng(0)
    wind = xr.DataArray(
        rng.normal(size=(2, 9, 8, 17)).astype(np.float32), dims=("component", "z", "y", "x"), name="wind"
    )
    found = Workbench(open_array(wind)).estimate("value > 1", 70, 0)
    assert found.reconstruction.shape == (9, 8, 17)
    assert found.bytes_original == wind.nbytes
    assert np.isfinite(found.wpsnr)
    pair = xr.Dataset({"u": wind[0].drop_vars("component", errors="ignore"), "v": wind[1]})
    bench = Workbench(open_array(pair), "v")
    assert {"joint_rarity", "correlation"} <= {family.name for family in bench.families()}
    assert bench.estimate("u > 0", 70, 0).variable == "v"


def test_integers_with_missing_values(open_array):
    values = np.arange(10 * 9 * 8, dtype=np.int16).reshape(10, 9, 8)
    values[:2] = -1
    given = xr.DataArray(values, dims=("z", "y", "x"), name="count")
    given.encoding["_FillValue"] = np.int16(-1)
    dataset = open_array(given)
    found = Workbench(dataset).estimate("1", 50, 0)
    np.testing.assert_array_equal(found.reconstruction, dataset.volume("reconstruction", 0).values)
    assert np.isnan(found.reconstruction[:2]).all()


def test_the_shipped_model(tmp_path, wave):

    values = wave((40, 72, 24))
    compress(values, tmp_path / "a.idlat", MAP, quality=60).close()
    given = xr.DataArray(values, dims=("z", "y", "x"), name="field")
    with Dataset.open(tmp_path / "a.idlat", given) as dataset:
        found = Workbench(dataset).estimate(MAP, 60, 0)
        stored = sum(bytes_of(dataset.archive, 0, [(0, 0, 0), (0, 1, 0)]))
        assert found.bytes == pytest.approx(stored, rel=0.01)
        assert found.wpsnr == pytest.approx(dataset.record().errors.wpsnr, abs=0.3)


@pytest.mark.parametrize("chunk", [(0, 0, 0), (0, 0, 1), (0, 1, 1)])
def test_a_chunk_of_the_shipped_model_alone_comes_back_as_it_does_among_others(tmp_path, wave, chunk):
    values = wave((19, 96, 96))
    compress(values, tmp_path / "a.idlat", MAP, quality=60).close()
    given = xr.DataArray(values, dims=("z", "y", "x"), name="field")
    with Dataset.open(tmp_path / "a.idlat", given) as dataset:
        bench = Workbench(dataset)
        whole, alone = bench.estimate(MAP, 60, 0), bench.estimate(MAP, 60, 0, [chunk])
        expected = whole.reconstruction[tuple(slice(*span) for span in alone.region)]
    span = float(np.ptp(values))
    np.testing.assert_allclose(alone.reconstruction, expected, atol=0.02 * span)
    inside = tuple(slice(0, -16) if at == 0 else slice(16, None) for at in chunk[1:])
    np.testing.assert_allclose(alone.reconstruction[:, *inside], expected[:, *inside], atol=1e-3 * span)
