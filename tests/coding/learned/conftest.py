"""A small model with random weights: coding must be exact whatever the weights are."""

import pytest

from idlat.model import LearnedModel
from support.models.tiny_network import random_network


@pytest.fixture(scope="session")
def tiny_model() -> LearnedModel:
    return LearnedModel.from_network(random_network())
