"""The trained network of preset `learned`, its models and its file; the paper's presets share some parts."""

from idlat.extras import require

require("the preset `learned`", "torch", "constriction")
