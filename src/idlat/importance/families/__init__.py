"""The families of importance of paper Sect. 5.1.1 as leaves of an expression.

- Location: :class:`Region`, :class:`Sphere`, :class:`MaskFile`, :class:`MapFile`.
- Distance: :class:`Isosurface`, :class:`Distance`.
- Value: :class:`Threshold`, :class:`Near`, :class:`Transfer`.
- Time: :class:`Steps`, :class:`Weights`, :class:`StepInformation`.
- Multivariate: all of them on variables and quantities of several; :class:`Rarity` of their joint histogram.
- Statistical: :class:`Gradient`, :class:`Entropy`, :class:`ConditionalEntropy`, :class:`Correlation`,
  :class:`Rarity`.
"""

from idlat.importance.families.by_value import COMPARISONS, Near, Threshold, Transfer
from idlat.importance.families.distance_decay import Distance, Isosurface
from idlat.importance.families.local_measures import ConditionalEntropy, Correlation, Entropy, Gradient
from idlat.importance.families.location import Region, Sphere
from idlat.importance.families.map_files import FileMap, MapFile, MaskFile
from idlat.importance.families.rarity import Rarity
from idlat.importance.families.time_steps import StepInformation, Steps, Weights

__all__ = [
    "COMPARISONS",
    "ConditionalEntropy",
    "Correlation",
    "Distance",
    "Entropy",
    "FileMap",
    "Gradient",
    "Isosurface",
    "MapFile",
    "MaskFile",
    "Near",
    "Rarity",
    "Region",
    "Sphere",
    "StepInformation",
    "Steps",
    "Threshold",
    "Transfer",
    "Weights",
]
