"""A map on the workbench keeps within the families of the variable in view."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from idlat.explorer.data.workbench.map_families import Family, Parameter
from idlat.explorer.views.page_colours import colours_of, map_picture
from idlat.explorer.views.workbench.map_on_trial import OWN, MapTrial


def families(low, high):
    """The families of a variable whose values have a range."""
    value = Parameter("value", "value", low, high, (low + high) / 2)
    return {"above": Family("above", "Values above", "value", "value > {value}", (value,))}


def test_a_map_begins_anew_where_it_is_beyond_the_range_of_another_variable():
    trial = MapTrial("above", "value > 6.0", 50.0, {"value": 6.0})
    trial.settle(families(0.0, 10.0))
    assert trial.expression == "value > 6.0"
    trial.settle(families(-1.0, 1.0))
    assert (trial.expression, trial.values) == ("value > 0.0", {"value": 0.0})


@pytest.mark.parametrize("family", ["nothing", OWN])
def test_a_family_that_is_not_known_is_what_was_typed(family):
    trial = MapTrial(family, "value > 6.0", 50.0, {"value": 6.0})
    trial.settle(families(-1.0, 1.0))
    assert (trial.family, trial.expression, trial.values) == (OWN, "value > 6.0", {})


def test_pictures_of_maps_share_one_scale_and_leave_out_what_is_not_known():
    values = np.full((2, 1, 3), 0.5, np.float32)
    values[0, 0, 1] = np.nan  # half of the mean is not known
    values[:, 0, 2] = np.nan
    png = base64.b64decode(map_picture(values).partition(",")[2])
    pixels = np.asarray(Image.open(io.BytesIO(png)))[0]
    wanted = colours_of(np.array([0.5, 0.5, np.nan]), 0, 1, "cividis")
    assert np.array_equal(pixels, wanted)
