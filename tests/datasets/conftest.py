import pytest

from idlat.datasets.turbulence import Turbulence
from idlat.datasets.vortex import VortexOptions, spin_up


@pytest.fixture(scope="session")
def flow() -> Turbulence:
    """A developed flow at 32 points an axis; tests work on copies."""
    return spin_up(VortexOptions(size=32, seed=5))
