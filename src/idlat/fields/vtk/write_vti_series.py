"""Write steps as VTK images, one ``.vti`` each, and the ``.pvd`` that says their times."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO
from xml.sax.saxutils import quoteattr

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.fields.series.step_times import StepTimes, step_of
from idlat.fields.vtk.write_vti import FOOTER, VTIArray, vti_xml

__all__ = ["VTISeries"]


class VTISeries:
    """Images of several fields on one grid, written from the first layer of the first field to the last.

    Parameters
    ----------
    collection
        The ``.pvd`` to make; images are written beside it.
    names
        Of the images, one a step.
    templates
        The fields, (z, y, x) with time before where they have steps and the components last, of the types to
        be stored.
    times
        Of the steps.
    """

    def __init__(
        self,
        collection: Path,
        names: Sequence[str],
        templates: Sequence[xr.DataArray],
        times: StepTimes,
    ) -> None:
        self._collection, self._names, self._templates, self._times = collection, names, templates, times
        self._file: BinaryIO | None = None
        self._arrays: list[VTIArray] = []
        self._at = (-1, -1)

    def write(self, step: int, array: int, start: int, block: NDArray[Any]) -> None:
        """Store layers (z, y, x), with the components last, which follow on those before."""
        if step != self._at[0]:
            self._finish()
            self._begin(step)
        assert self._file is not None
        if (step, array) != self._at:
            self._at = (step, array)
            self._file.write(self._arrays[array].size_mark)
        self._file.write(np.ascontiguousarray(block, self._arrays[array].dtype).data)

    def _begin(self, step: int) -> None:
        """Begin the image of a step."""
        fields = [step_of(each, step) for each in self._templates]
        self._arrays = [
            VTIArray(str(each.name), each, each.shape, each.dtype.newbyteorder("<")) for each in fields
        ]
        self._file = (self._collection.parent / self._names[step]).open("xb")
        self._file.write(vti_xml(self._arrays))

    def _finish(self) -> None:
        """End the image that is being written."""
        if self._file is not None:
            self._file.write(FOOTER)
            self.abort()

    def close(self) -> None:
        """Finish the last image, and write the collection."""
        self._finish()
        sets = "".join(
            f'    <DataSet timestep="{time!r}" part="0" file={quoteattr(name)}/>\n'
            for time, name in zip(self._times.values, self._names, strict=True)
        )
        self._collection.write_text(
            '<?xml version="1.0"?>\n<VTKFile type="Collection" version="1.0" byte_order="LittleEndian">\n'
            f"  <Collection>\n{sets}  </Collection>\n</VTKFile>\n",
            encoding="utf-8",
        )

    def abort(self) -> None:
        """Close the image that is being written, as it is."""
        if self._file is not None:
            self._file.close()
            self._file = None
