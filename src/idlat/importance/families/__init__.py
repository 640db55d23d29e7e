"""The families of importance of paper Sect. 5.1.1 as leaves of an expression.

- Location: :class:`Region`, :class:`Sphere`, :class:`MaskFile`, :class:`MapFile`.
- Distance: :class:`Isosurface`, :class:`Distance`.
- Value: :class:`Threshold`, :class:`Near`, :class:`NearVector`, :class:`Transfer`.
- Time: :class:`Steps`, :class:`Weights`, :class:`StepInformation`.
- Multivariate: all of them on variables and quantities of several; :class:`Rarity` of their joint histogram.
- Statistical: :class:`Gradient`, :class:`Entropy`, :class:`ConditionalEntropy`, :class:`Correlation`,
  :class:`Rarity`.
"""

from idlat.importance.families.distances import Distance, Isosurface
from idlat.importance.families.files import FileMap, MapFile, MaskFile
from idlat.importance.families.measured import ConditionalEntropy, Correlation, Entropy, Gradient
from idlat.importance.families.place import Region, Sphere
from idlat.importance.families.rarity import Rarity
from idlat.importance.families.times import StepInformation, Steps, Weights
from idlat.importance.families.values import COMPARISONS, Near, NearVector, Threshold, Transfer

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
    "NearVector",
    "Rarity",
    "Region",
    "Sphere",
    "StepInformation",
    "Steps",
    "Threshold",
    "Transfer",
    "Weights",
]
