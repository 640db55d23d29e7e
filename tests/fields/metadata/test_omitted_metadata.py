import warnings

import numpy as np
import xarray as xr

from idlat.fields.metadata.omission_remarks import remarks_on
from idlat.fields.metadata.omitted_metadata import note_omitted


def test_the_many_attributes_of_a_file_are_a_short_remark():
    field = xr.DataArray(np.zeros((2, 2, 2)), dims=("z", "y", "x"), attrs={"units": "K"})
    field.encoding["idlat_global_attrs"] = {f"OPTION_{n}": n for n in range(120)}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with remarks_on("a.vti", ".vti cannot hold it"):
            note_omitted(field)
    (said,) = [str(each.message) for each in caught]
    assert said.startswith(
        "a.vti: left out, as .vti cannot hold it: attributes units; attributes of the file"
    )
    assert said.endswith("OPTION_23 and 96 more")
