"""Model files of the paper's network and of the baseline; see :mod:`idlat.model.container`."""

from __future__ import annotations

from idlat.errors import ModelError
from idlat.model.container import CODER, Arrays, pack, reading, split_coder, unpack
from idlat.model.learned.learned_file import float_parameters
from idlat.model.learned.parameter_arrays import fill, float_arrays
from idlat.model.learned.prior_export import check_tables, layer_arrays, load_layers, table_arrays
from idlat.model.paper.block_config import BlockConfig
from idlat.model.paper.network import BaselineNetwork, BlockNetwork, PaperNetwork

_PRECISE = ("norms", "hyper_table")


def to_bytes(network: BlockNetwork) -> bytes:
    """Serialise a network: coder arrays as integers, convolutions as float16, GDN as float32."""
    arrays = float_arrays(float_parameters(network), _PRECISE)
    if isinstance(network, PaperNetwork):
        coder = layer_arrays(network.prior) | table_arrays(network.prior.hyper_table)
        arrays |= {CODER + name: array for name, array in coder.items()}
    return pack(network.config.to_dict(), arrays)


def from_bytes(
    data: bytes, name: str, network_class: type[PaperNetwork] | type[BaselineNetwork]
) -> tuple[BlockNetwork, Arrays]:
    """Read a model file: the network, in evaluation mode, and the coder's arrays.

    Raises
    ------
    ModelError
        If it is no model file, of another format version, or damaged.
    """
    with reading(name):
        config, arrays = unpack(data, name)
        network = network_class(BlockConfig.from_dict(config))
        coder = split_coder(arrays)
        fill(float_parameters(network), arrays)
        if isinstance(network, PaperNetwork):
            load_layers(network.prior, coder)
            check_tables(coder)
        elif coder:
            raise ModelError("a damaged model file: a baseline has no entropy coder")
    network.set_quantised(True)
    return network.eval(), coder
