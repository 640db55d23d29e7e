"""A field that is not the one that an archive was made of is refused, or warned of where it shows."""

from __future__ import annotations

import numpy as np
import pytest

from idlat.archive import compress
from idlat.cli.app import run
from idlat.errors import FieldError
from idlat.explorer.data import Blocks, Dataset
from idlat.explorer.views.space.decode_volumes import decoded
from idlat.fields import as_field


@pytest.fixture
def open_with(tmp_path, model):
    """Return what opens an archive of some values beside others."""

    def make(values, others, **settings):
        field = as_field(values).rename("speed")
        compress(field, tmp_path / "v.idlat", None, model, quality=60, **settings).close()
        return Dataset.open(tmp_path / "v.idlat", as_field(others).rename("speed"))

    return make


OTHERS = {
    "upside down": lambda values: values[::-1].copy(),
    "shifted by a voxel": lambda values: np.roll(values, 1, axis=2),
    "in another unit": lambda values: values + 273.15,
    "missing elsewhere": lambda values: np.where(values > 1, np.nan, values),
    "of noise": lambda values: np.random.default_rng(1).permutation(values.ravel()).reshape(values.shape),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_another_field_of_the_same_shape_is_refused(open_with, wave, kind):
    values = wave((40, 72, 50))
    with pytest.raises(FieldError, match="the field is not the one that") as told:
        open_with(values, OTHERS[kind](values).astype(np.float32)).close()
    assert "\n" not in str(told.value)
    assert str(told.value).endswith("give the field that was compressed")


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16"])
def test_the_field_itself_opens(open_with, wave, dtype):
    values = (100 * wave((40, 72, 50))).astype(dtype)
    with open_with(values, values) as opened:
        assert opened.has_field
        assert not opened.cache.keys()  # a sample was looked at: nobody asks for it again


def test_steps_in_another_order_are_refused_and_told_apart(open_with, wave):
    steps = np.stack([wave((24, 24, 24), phase, seed) for seed, phase in enumerate((0, 0.5, 1, 1.5, 2))])
    with pytest.raises(FieldError, match="in step 0"):
        open_with(steps, steps[::-1].copy())


def test_a_step_that_was_not_looked_at_is_warned_of_where_it_is_shown(tmp_path, model, wave):
    steps = np.stack([wave((24, 24, 24), phase, seed) for seed, phase in enumerate((0, 0.5, 1, 1.5, 2))])
    compress(as_field(steps), tmp_path / "v.idlat", None, model, quality=60).close()
    steps[1] = wave((24, 24, 24), 3, 9)  # neither the first, nor the middle, nor the last
    with Dataset.open(tmp_path / "v.idlat", as_field(steps)) as opened:
        for step, told in ((0, False), (1, True), (2, False)):
            shown = decoded(Blocks.of(opened, step), ["original"], (-2, 2), None, lambda *_: None)
            assert (shown[0].warning is not None) == told


def test_the_command_refuses_in_one_line(tmp_path, model, wave, capsys):
    np.save(tmp_path / "v.npy", wave((24, 24, 24)))
    np.save(tmp_path / "w.npy", wave((24, 24, 24), 2.0, 9))
    compress(as_field(np.load(tmp_path / "v.npy")), tmp_path / "v.idlat", None, model).close()
    assert run(["explore", str(tmp_path / "v.idlat"), str(tmp_path / "w.npy"), "--server"]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "'w'" in told
