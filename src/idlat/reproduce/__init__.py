"""The paper's tables and figures on data that idlat simulates, beside what the paper states."""

from idlat.reproduce.cases import CASES, Case, prepare
from idlat.reproduce.figures import FIGURES, make_figure
from idlat.reproduce.table1 import Row, make_table1

__all__ = ["CASES", "FIGURES", "Case", "Row", "make_figure", "make_table1", "prepare"]
