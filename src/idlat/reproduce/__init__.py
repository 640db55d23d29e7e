"""The paper's tables and figures on data that idlat simulates, beside what the paper states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from idlat.lazy_names import lazy_names

if TYPE_CHECKING:
    from idlat.reproduce.cases import CASES, Case, prepare, prepare_split
    from idlat.reproduce.figures.latent_figures import LATENT_FIGURES, make_latent_figure
    from idlat.reproduce.figures.make import FIGURES, make_figure
    from idlat.reproduce.figures.representatives import make_figure12
    from idlat.reproduce.isosurface_choice import choose_isosurfaces, make_table3
    from idlat.reproduce.rates.measured_rates import make_rates
    from idlat.reproduce.table1 import Row, make_table1
    from idlat.reproduce.table2 import Table2Row, Training, make_table2
    from idlat.reproduce.whole_paper import make_all

__all__ = [
    "CASES",
    "FIGURES",
    "LATENT_FIGURES",
    "Case",
    "Row",
    "Table2Row",
    "Training",
    "choose_isosurfaces",
    "make_all",
    "make_figure",
    "make_figure12",
    "make_latent_figure",
    "make_rates",
    "make_table1",
    "make_table2",
    "make_table3",
    "prepare",
    "prepare_split",
]

__getattr__ = lazy_names(
    __name__,
    {
        "cases": "CASES Case prepare prepare_split",
        "figures.latent_figures": "LATENT_FIGURES make_latent_figure",
        "figures.make": "FIGURES make_figure",
        "figures.representatives": "make_figure12",
        "isosurface_choice": "choose_isosurfaces make_table3",
        "rates.measured_rates": "make_rates",
        "table1": "Row make_table1",
        "table2": "Table2Row Training make_table2",
        "whole_paper": "make_all",
    },
)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
