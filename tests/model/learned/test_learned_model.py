"""The transforms, the prior and the model file."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from idlat.coding.interpolation import residual
from idlat.errors import MissingFileError, ModelError
from idlat.model import LearnedConfig, LearnedModel, LearnedNetwork, load_model
from idlat.model.learned.analysis_synthesis import STEP_CONSTANT
from idlat.model.learned.lapped_transform import LappedTransform, coefficient_order
from idlat.model.learned.quantisation_levels import choose_levels, conditions_of, pooled_weights
from idlat.model.learned.rate_distortion_loss import rate_distortion
from support.models.tiny_network import TINY, random_latents, random_network


@settings(max_examples=10, deadline=None)
@given(st.tuples(*[st.integers(1, 3)] * 3), st.integers(0, 1000))
def test_the_starting_transform_inverts_itself(cells: tuple[int, int, int], seed: int) -> None:
    transform = LappedTransform(512)
    x = torch.from_numpy(np.random.default_rng(seed).normal(size=(1, 1, *(8 * n for n in cells)))).float()
    with torch.no_grad():
        assert torch.allclose(transform.synthesis(transform.analysis(x)), x, atol=1e-4)


def test_low_frequencies_come_first() -> None:
    order = coefficient_order(512)
    assert order[0].tolist() == [0, 0, 0]
    assert len({tuple(row) for row in order.tolist()}) == 512


def test_levels_follow_the_weight() -> None:
    importance = torch.ones(1, 1, 16, 16, 32)
    importance[..., 16:] = 0
    wanted, pooled = pooled_weights(importance, 7.0)
    level = choose_levels(wanted, torch.full((1, 100, 2, 2, 4), 1e3))
    conditions = conditions_of(pooled, level)
    assert level[0, 0, 0, 0, 0] == 0
    assert level[0, 0, 0, 0, 3] == -5  # 7 / (2 ln 2), rounded
    assert -5 < level[0, 0, 0, 0, 2] < 0  # its functions reach into the important half
    assert conditions.shape == (1, 3, 4, 4, 8)


def test_levels_follow_their_prediction_where_nothing_is_significant() -> None:
    wanted = -5 * torch.rand(1, 1, 8, 8, 8, generator=torch.Generator().manual_seed(1))
    silent, busy = (choose_levels(wanted, torch.full((1, 99, 8, 8, 8), size)) for size in (0.0, 1e3))

    def said(level: torch.Tensor) -> int:
        flat = level.numpy().astype(np.int64).ravel()
        return int(np.count_nonzero(residual(np.zeros_like(flat), flat, (8, 8, 8))[1]))

    assert said(silent) < 0.7 * said(busy)
    assert (busy - wanted).abs().max() <= 1
    # only what is coded is chosen so: the halo's levels are rounded
    core = ((1, 8), (1, 8), (1, 8))
    part = choose_levels(wanted, torch.zeros(1, 9, 8, 8, 8), core)
    assert torch.equal(part[:, :, 0], wanted[:, :, 0].round())
    assert torch.equal(
        part[:, :, 1:, 1:, 1:], choose_levels(wanted[:, :, 1:, 1:, 1:], torch.zeros(1, 9, 7, 7, 7))
    )


def test_quantised_prior_equals_the_integer_coder() -> None:
    network = random_network()
    model = LearnedModel.from_network(network)
    rng = np.random.default_rng(0)
    latents = random_latents(rng, 3, model.channels).astype(np.int64)
    z = rng.integers(-9, 10, (3, TINY.hyper, 4, 4, 4))
    classes = rng.integers(0, 16, 3)
    coder, prior = model.coder.networks, model.network.prior
    y, level = torch.tensor(latents[:, 1:]).float(), torch.tensor(latents[:, :1]).float()
    with torch.no_grad():
        h = prior.hyper_synthesis(torch.tensor(z).float(), torch.tensor(classes))
        common, first = prior.residuals(level, y[:, :1])
        means = prior.mean_parameters(h)
        one, hidden = prior.first_parameters(h, level, y[:, :1], first)
        two = prior.second_parameters(hidden, y[:, 1:])
    pairs = [residual(chunk[1].ravel(), chunk[0].ravel(), (8, 8, 8)) for chunk in latents]
    own = np.stack([pair[0].reshape(8, 8, 8) for pair in pairs])
    assert np.array_equal(first[:, 0].numpy(), own)
    assert np.array_equal(common[:, 0].numpy().ravel(), np.concatenate([pair[1] for pair in pairs]))
    exact_h = coder.hyper(z, classes)
    exact_one, exact_hidden, linear = coder.first(exact_h, latents[:, 0], latents[:, 1], own)
    exact_two = coder.second(exact_hidden, linear, latents[:, 2:])
    for got, expected in ((coder.means(exact_h), means), (exact_one, one), (exact_two, two)):
        assert np.array_equal(got.scale, expected.scale.numpy())
        assert np.array_equal(got.mean, expected.mean.numpy() * 8)


def test_synthesis_has_a_radius_of_three_cells() -> None:
    model = LearnedModel.from_network(random_network(3))
    latents = random_latents(np.random.default_rng(2), 1, model.channels)[0]
    wide = np.concatenate([latents, latents[:, ::-1]], 1)
    whole = model.synthesise(np.ascontiguousarray(wide), -2.0)
    part = model.synthesise(np.ascontiguousarray(wide[:, 2:12]), -2.0)
    scale = np.abs(whole).max()
    assert np.allclose(part[24:-24], whole[40:-56], atol=1e-5 * scale)
    assert not np.allclose(part[:8], whole[16:24], atol=1e-3 * scale)


def test_gain_and_normalisation_are_one_scale() -> None:
    model = LearnedModel.from_network(random_network(4))
    x = np.random.default_rng(0).normal(size=(16, 16, 16)).astype(np.float32)
    importance = np.full_like(x, 0.7)
    doubled = model.analyse(2 * x, importance, -2 * float(np.log(2)))
    assert np.array_equal(doubled, model.analyse(x, importance, 0.0))


@pytest.fixture(scope="module")
def content() -> bytes:
    """A model file."""
    return LearnedModel.from_network(random_network()).to_bytes()


def test_model_file_round_trip(tmp_path: pytest.TempPathFactory) -> None:
    model = LearnedModel.from_network(random_network())
    again = LearnedModel(model.to_bytes())
    assert again.sha256 == model.sha256
    assert again.config == TINY
    assert LearnedModel.from_network(again.network).to_bytes() == model.to_bytes()


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_damaged_model_files_are_model_errors(content: bytes, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(content) - 1))
    with pytest.raises(ModelError):
        LearnedModel(content[:cut])


def test_other_versions_and_absent_files_are_named(tmp_path: Path, content: bytes) -> None:
    newer = content.replace(b'\\"format_version\\": 2', b'\\"format_version\\": 7')
    assert newer != content
    with pytest.raises(ModelError, match="version 7"):
        LearnedModel(newer)
    with pytest.raises(MissingFileError, match="no such model"):
        load_model(tmp_path / "absent")


def test_config_round_trip() -> None:
    assert LearnedConfig.from_dict(TINY.to_dict()) == TINY


def test_every_parameter_learns() -> None:
    network = random_network()
    x = torch.randn(2, 1, 64, 64, 64).cumsum(2) / 4
    importance = torch.rand(2, 1, 1, 1, 1).expand(2, 1, 64, 64, 64) * torch.linspace(0, 1, 64)
    loss = rate_distortion(network, x, importance, torch.tensor([-5.0, 1.0]))
    loss.objective.backward()
    silent = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert silent == []
    assert loss.rate.shape == loss.distortion.shape == (2,)


def test_a_blocks_faces_cost_nothing_where_its_neighbours_are_seen() -> None:
    torch.manual_seed(0)
    network = LearnedNetwork(LearnedConfig(coefficients=512, features4=8, features8=16, prior=16, hyper=4))
    axis = torch.linspace(0, 3, 80)
    x = (axis[:, None, None].sin() + axis[:, None] + axis.cos())[None, None]
    gain = torch.tensor([2.0])
    with torch.no_grad():
        seen = rate_distortion(network, x, torch.ones_like(x), gain, halo=8)
    # rounding alone leaves a twelfth of a squared step or less: c²/12
    assert float(seen.distortion) < STEP_CONSTANT**2 / 12


def test_a_tile_under_several_maps_is_as_under_each_alone() -> None:
    model = LearnedModel.from_network(random_network(3))
    rng = np.random.default_rng(3)
    x = rng.normal(size=(16, 16, 24)).astype(np.float32)
    maps = rng.random((3, *x.shape), np.float32)
    together = model.represent(x, maps, 1.0)
    assert together.shape == (3, model.channels, 2, 2, 3)
    assert together.any(axis=(1, 2, 3, 4)).all()
    for one, alone in zip(together, maps, strict=True):
        # a float's last digit may fall on the other side of a half: the nearest integers then differ by one
        difference = np.abs(one - model.represent(x, alone[None], 1.0)[0])
        assert difference.max() <= 1
        assert (difference > 0).mean() < 1e-3
        np.testing.assert_array_equal(one[0], model.analyse(x, alone, 1.0)[0])  # levels


def test_coefficients_and_levels_are_what_the_network_refines() -> None:
    model = LearnedModel.from_network(random_network(3))
    rng = np.random.default_rng(3)
    x = rng.normal(size=(16, 16, 24)).astype(np.float32)
    ones = (rng.random((2, *x.shape)) < 0.1).astype(np.float32)
    shares = ones.reshape(2, 4, 4, 4, 4, 6, 4).mean(axis=(2, 4, 6))
    wanted, _ = pooled_weights(torch.tensor(ones)[:, None], model.importance_range)
    np.testing.assert_array_equal(model.levels(shares), wanted[:, 0].round().numpy())
    with torch.no_grad():  # the tail that refines is left out
        model.network.analysis.tail.weight.zero_()
        model.network.analysis.tail.bias.zero_()
    found = model.represent(x, np.ones((1, *x.shape), np.float32), 1.0)[0]
    np.testing.assert_array_equal(found[1:], np.rint(model.coefficients(x, 1.0)))
