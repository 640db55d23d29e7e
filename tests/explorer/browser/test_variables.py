"""An archive of two variables in a real browser: everything follows the one that is chosen."""

import pytest

pytestmark = pytest.mark.browser


def choose(window, variable):
    window.page.get_by_label("Variable", exact=True).select_option(variable)
    window.until_state("variable", f"value === '{variable}'")
    window.settle()


def test_everything_follows_the_variable_and_edits_stay(opened, two_variables):
    window = opened(two_variables.address)
    window.split()
    assert window.outside() == []
    leaves, picture = window.leaves().count(), window.picture()
    span, points = window.state("range"), window.state("positions")
    window.tab("Importance")
    window.page.get_by_label("Importance family").select_option("above")
    window.until_state("estimates", "value[0].figures.length > 0")
    window.page.get_by_label("Colour points by").select_option("mean")
    window.until("document.querySelector('.legend-units')?.textContent === 's⁻¹'")
    choose(window, "heat")
    window.until_new_picture(picture)
    window.until("document.querySelector('.legend-units')?.textContent === 'K'")
    window.until_state("range", f"value[0] > {span[1]}")
    low, high = window.state("range")
    window.until_state("units", "value === 'K'")
    window.until_state("isovalue", f"{low} <= value && value <= {high}")
    window.until_state("transfer", f"value.length > 1 && value.every(point => point[0] >= {low - 1})")
    window.until_state("positions", f"value.length === {len(points)} && value[0] !== undefined")
    window.until("document.querySelectorAll('.idlat-node.is-leaf').length === 1")
    threshold = "parseFloat(value.split('>')[1])"
    window.until_state("expression", f"{low} <= {threshold} && {threshold} <= {high}")
    choose(window, "flow")
    window.until(f"document.querySelectorAll('.idlat-node.is-leaf').length === {leaves}")
    window.until_state("range", f"`${{[...value]}}` === '{','.join(map(repr, span))}'")
    window.until_state("transfer", f"value.length > 1 && value.every(point => point[0] <= {span[1] + 1})")
