"""The paper's tables and figures on data that idlat simulates, beside what the paper states."""

from idlat.reproduce.cases import CASES, Case, prepare, prepare_split
from idlat.reproduce.figures import FIGURES, make_figure
from idlat.reproduce.figures.representatives import make_figure12
from idlat.reproduce.isosurface_choice import choose_isosurfaces, make_table3
from idlat.reproduce.table1 import Row, make_table1
from idlat.reproduce.table2 import Table2Row, Training, make_table2

__all__ = [
    "CASES",
    "FIGURES",
    "Case",
    "Row",
    "Table2Row",
    "Training",
    "choose_isosurfaces",
    "make_figure",
    "make_figure12",
    "make_table1",
    "make_table2",
    "make_table3",
    "prepare",
    "prepare_split",
]
