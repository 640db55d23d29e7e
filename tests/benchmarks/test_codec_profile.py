"""The profile of the codec names functions that exist."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def codec_profile(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield importlib.import_module("codec_profile")
    sys.modules.pop("codec_profile", None)


def test_every_stage_is_a_function_of_the_package(codec_profile):
    for stages in (codec_profile.ENCODE, codec_profile.DECODE):
        for functions in stages.values():
            for module, owner, name in functions:
                place = importlib.import_module(module)
                assert callable(getattr(getattr(place, owner) if owner else place, name)), (module, name)
