"""How the points of the latent space are arranged is chosen, in a real browser."""

import importlib.util

import pytest

pytestmark = pytest.mark.browser


def test_points_are_arranged_by_another_perplexity_and_umap_says_how_to_get_it(window):
    page, before = window.page, window.state("positions")
    page.get_by_label("How the points are arranged").click()
    installed = importlib.util.find_spec("umap") is not None
    radio = page.get_by_label("UMAP", exact=True)
    radio.wait_for()
    assert radio.is_enabled() == installed
    assert page.get_by_text("pip install 'idlat[umap]'").is_visible() != installed
    field = page.locator("#perplexity")
    field.fill("5")
    field.press("Enter")
    window.until_state("latent_note", "value === 't-SNE, perplexity 5'")
    assert window.state("positions") != before
    window.rest()
    page.reload()
    window.settle()
    window.until_state("latent_note", "value === 't-SNE, perplexity 5'")
