"""Model files that are damaged: one line, before anything is made of their size."""

import json

import numpy as np
import pytest
from safetensors.numpy import load, save

from idlat.errors import ModelError
from idlat.model import LearnedModel, model_from
from support.models.paper_networks import random_block_model
from support.models.tiny_network import random_network


@pytest.fixture(scope="module", params=["learned", "paper", "baseline"])
def content(request):
    model = (
        LearnedModel.from_network(random_network())
        if request.param == "learned"
        else random_block_model(request.param)
    )
    return model.to_bytes()


def changed(content: bytes, change) -> bytes:
    length = int.from_bytes(content[:8], "little")
    header = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["idlat"])
    arrays = {name: np.array(array) for name, array in load(content).items()}
    change(header["config"], arrays)
    return save(arrays, {"idlat": json.dumps(header)})


def test_the_change_itself_is_harmless(content):
    assert model_from(changed(content, lambda *_: None)).preset


@pytest.mark.parametrize("value", [10**9, 0, -1, 1e308, "x", None])
def test_sizes_that_cannot_be(content, value):
    def change(config, arrays):
        config["conditions"] = value

    with pytest.raises(ModelError, match="conditions must be"):
        model_from(changed(content, change))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_no_numbers(content, value):
    def change(config, arrays):
        name = next(name for name in sorted(arrays) if arrays[name].dtype.kind == "f")
        arrays[name].reshape(-1)[0] = value

    with pytest.raises(ModelError, match="holds what is no weight"):
        model_from(changed(content, change))


@pytest.mark.parametrize("part", ["weights", "sizes"])
def test_tables_that_are_none(content, part):
    def change(config, arrays):
        arrays[f"coder/symbols.{part}"][3] += 1

    if b"coder/symbols" not in content:
        pytest.skip("a baseline has no tables")
    with pytest.raises(ModelError, match="table"):
        model_from(changed(content, change))


def test_deep_configurations(content):
    text = content.replace(b'__metadata__":{"idlat":"', b'__metadata__":{"idlat":"' + b"[" * 3000)
    with pytest.raises(ModelError):
        model_from(text)
