"""The paper's Figures 6, 7 and 8 on simulated data: original, baseline, ours, and how they differ.

::

    subjects ──▶ a volume, the importance, how it is drawn       a row of the sheet
       │ coded: each model of a folder
       ▼
    reconstructions, LSR, wPSNR ──pictures──▶ images and differences ──sheet──▶ figureN.png, figureN.json
"""

from idlat.reproduce.figures.make import FIGURES, Outcome, make_figure

__all__ = ["FIGURES", "Outcome", "make_figure"]
