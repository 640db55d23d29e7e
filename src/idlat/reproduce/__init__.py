"""The paper's tables on data that idlat simulates, beside what the paper states."""

from idlat.reproduce.cases import CASES, Case, prepare
from idlat.reproduce.table1 import Row, make_table1

__all__ = ["CASES", "Case", "Row", "make_table1", "prepare"]
