"""Entropy coding by networks on integers: chunks of preset `learned`, blocks of the paper's presets."""

from idlat.extras import require

require("coding by networks", "torch", "constriction")
