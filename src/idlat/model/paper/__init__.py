"""The paper's own network and its baseline autoencoder: 24³ blocks, each coded by itself."""

from idlat.extras import require

require("the paper's presets", "torch", "constriction")
