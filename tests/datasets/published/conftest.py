from __future__ import annotations

import pytest

from support.fields.amrex_plotfile import write_plotfile


@pytest.fixture
def amrex_plotfile():
    """Write a plotfile of one box as AMReX does, with a density above 1e9."""
    return write_plotfile
