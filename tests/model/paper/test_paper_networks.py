"""The paper's network and its baseline: shapes, sizes, layers against formulas, files."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from idlat.errors import IdlatError, ModelError
from idlat.model import BlockConfig, LearnedConfig, find_preset, load_model, model_from
from idlat.model.paper.folded import FoldedConv
from idlat.model.paper.gdn import GDN
from idlat.model.paper.loss import block_loss
from idlat.model.paper.network import PaperNetwork
from idlat.model.paper.overlapping_blocks import cut_blocks
from idlat.model.uniform_noise import UniformNoise
from support.models.paper_networks import random_block_model, random_block_network


def parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_the_paper_network_has_1_27_million_parameters() -> None:
    network = PaperNetwork(BlockConfig())
    assert isinstance(network, PaperNetwork)
    decoder = parameters(network.synthesis) + sum(
        parameters(layer) for layer in (network.prior.synthesis_up, network.prior.synthesis_out)
    )
    assert parameters(network) == pytest.approx(1.27e6, rel=0.005)
    assert decoder == pytest.approx(0.53e6, rel=0.03)


@pytest.mark.parametrize("name", ["paper", "baseline"])
def test_a_block_has_560_values(name: str) -> None:
    network = find_preset(name).model_class().network_class(BlockConfig(preset=name))
    x = torch.zeros(2, 1, 24, 24, 24)
    with torch.no_grad():
        y, z = network.encode(x, torch.ones_like(x))
        assert network.decode(y, z).shape == x.shape
    assert y.shape == (2, 16, 3, 3, 3)
    assert z.shape == (2, 16, 2, 2, 2)
    assert BlockConfig(preset=name).values == y[0].numel() + z[0].numel() == 560


def test_the_baseline_sees_no_map_and_the_paper_network_does() -> None:
    x = torch.randn(1, 1, 24, 24, 24, generator=torch.Generator().manual_seed(0))
    for name, blind in (("baseline", True), ("paper", False)):
        network = random_block_network(name)
        with torch.no_grad():
            low, high = (network.analysis(x, torch.full_like(x, value)) for value in (0.0, 1.0))
        assert torch.equal(low, high) == blind


@pytest.mark.parametrize("inverse", [False, True])
def test_gdn_is_its_formula(inverse: bool) -> None:
    rng = np.random.default_rng(0)
    layer = GDN(3, inverse=inverse)
    x = rng.normal(size=(2, 3, 2, 3, 4)).astype(np.float32)
    with torch.no_grad():
        layer.root_gamma.copy_(torch.tensor(rng.random((3, 3))))
        layer.root_beta.copy_(torch.tensor(rng.random(3)))
        out = layer(torch.tensor(x)).numpy()
    beta, gamma = layer.root_beta.detach().numpy() ** 2, layer.root_gamma.detach().numpy() ** 2
    for i in range(3):
        norm = beta[i] + 1e-6 + sum(gamma[i, j] * np.abs(x[:, j]) for j in range(3))
        expected = x[:, i] * norm if inverse else x[:, i] / norm
        assert np.allclose(out[:, i], expected, rtol=1e-4)


@pytest.mark.parametrize("stride", [1, 2])
def test_a_folded_convolution_is_the_plain_one(stride: int) -> None:
    torch.manual_seed(0)
    layer = FoldedConv(3, 5, stride)
    x = torch.randn(2, 3, 8, 10, 12)
    with torch.no_grad():
        padded = F.pad(x, (2,) * 6, mode="replicate")
        assert torch.allclose(layer(x), F.conv3d(padded, layer.weight, layer.bias, stride), atol=1e-5)


def test_the_objective_is_eq_9_with_bits_of_the_core_alone() -> None:
    network = random_block_network()
    x, importance = torch.rand(3, 1, 24, 24, 24), torch.rand(3, 1, 24, 24, 24)
    span = torch.tensor([1.0, 2.0, 4.0])
    loss = block_loss(network, x, importance, span, UniformNoise(torch.Generator().manual_seed(1)))
    with torch.no_grad():
        decoded, bits = network(x, importance, UniformNoise(torch.Generator().manual_seed(1)))
    error = (torch.exp(7 * importance) * (decoded - x).square()).mean((1, 2, 3, 4)) / span.square()
    assert torch.allclose(loss.distortion, 5 * error)
    assert torch.allclose(loss.rate, bits / 4096)
    assert loss.objective.item() == pytest.approx(float((5 * error + bits / 4096).mean()), rel=1e-5)


def test_the_quantised_hyper_synthesis_equals_the_integer_coder() -> None:
    model = random_block_model()
    z = np.random.default_rng(0).integers(-60, 61, (5, 4, 2, 2, 2))
    exact = model.coder.networks(z)
    with torch.no_grad():
        expected = model.network.prior.parameters_of(torch.tensor(z).float())
    assert np.array_equal(exact.scale, expected.scale.numpy())
    assert np.array_equal(exact.mean, expected.mean.numpy() * 8)
    assert len(np.unique(exact.scale)) > 5


def test_blocks_overlap_by_their_halo() -> None:
    tile = np.random.default_rng(0).random((32, 32, 16), np.float32)
    first, second = cut_blocks(tile, ((0, 2), (1, 2), (0, 1)))
    assert np.array_equal(first[20:], second[4:8])
    assert np.array_equal(first[8:], first[8:].copy())
    assert np.array_equal(second[:20, :20, 4:20], tile[12:, 12:])
    assert np.array_equal(second[23], second[19])  # beyond the tile its face is repeated


def test_a_tile_is_coded_block_by_block() -> None:
    model = random_block_model()
    x = np.random.default_rng(0).normal(size=(48, 32, 16)).astype(np.float32)
    importance = np.full_like(x, 0.5)
    whole = model.analyse(x, importance, 0.0)
    part = model.analyse(x, importance, 0.0, ((1, 2), (0, 2), (0, 1)))
    assert whole.dtype == np.int32
    assert whole.shape == (model.channels, 3, 2, 1)
    assert np.array_equal(part[:, 1], whole[:, 1])
    assert not part[:, 0].any()
    decoded = model.synthesise(whole, 0.0)
    alone = model.synthesise(np.ascontiguousarray(whole[:, 1:2]), 0.0)
    assert np.allclose(decoded[16:32], alone, atol=1e-5)
    assert model.coarse(whole, 0.0)[2, 1, 0] == pytest.approx(float(decoded[32:, 16:].mean()), rel=1e-4)


@pytest.mark.parametrize("name", ["paper", "baseline"])
def test_model_files_come_back(name: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    model = random_block_model(name)
    path = tmp_path / "m.safetensors"
    path.write_bytes(model.to_bytes())
    again = load_model(path)
    assert type(again) is type(model)
    assert again.sha256 == model.sha256
    assert again.preset == name
    assert type(model).from_network(again.network).to_bytes() == model.to_bytes()


def test_damaged_model_files_are_model_errors() -> None:
    content = random_block_model().to_bytes()
    for cut in (0, 7, 300, len(content) // 2, len(content) - 1):
        with pytest.raises(ModelError):
            model_from(content[:cut])
    other = content.replace(b'\\"preset\\": \\"paper\\"', b'\\"preset\\": \\"pappr\\"')
    with pytest.raises(
        ModelError, match="m: unknown preset 'pappr': one of default, learned, paper, baseline"
    ):
        model_from(other, "m")


def test_configurations_come_back_and_are_checked() -> None:
    config = BlockConfig(preset="baseline", importance_range=3.0)
    assert BlockConfig.from_dict(config.to_dict()) == config
    with pytest.raises(IdlatError, match="channels must be 1 to 256, got 0"):
        BlockConfig.from_dict({**config.to_dict(), "channels": 0})
    with pytest.raises(IdlatError, match="unknown or missing"):
        BlockConfig.from_dict(LearnedConfig().to_dict())


def test_a_gain_is_refused() -> None:
    model = random_block_model()
    with pytest.raises(ModelError, match="has no gain, got g = 1"):
        model.synthesise(np.zeros((model.channels, 1, 1, 1), np.int32), 1.0)
