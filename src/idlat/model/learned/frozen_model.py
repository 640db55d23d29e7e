"""What trained models of all presets share: a file's bytes, its hash, and the exact coder's check."""

from __future__ import annotations

import copy
import hashlib
from abc import abstractmethod
from collections.abc import Iterator
from functools import cached_property
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from idlat.coding.learned.constriction_ans import TableSet
from idlat.coding.learned.integer_networks import self_test
from idlat.coding.learned.symbol_costs import SymbolCosts
from idlat.devices import torch_device
from idlat.errors import ModelError
from idlat.model.learned.prior_export import tables_of
from idlat.model.learned.unfitted_model import UnfittedModel

__all__ = ["FrozenModel"]


class TrainedConfig(Protocol):
    """What the configuration of every trained network says."""

    @property
    def preset(self) -> str: ...
    @property
    def importance_range(self) -> float: ...


class TrainedNetwork(Protocol):
    """A network of torch with a configuration."""

    @property
    def config(self) -> TrainedConfig: ...

    def requires_grad_(self, requires_grad: bool = True) -> object: ...

    def parameters(self) -> Iterator[torch.nn.Parameter]: ...

    def to(self, device: torch.device) -> Any: ...


N = TypeVar("N", bound=TrainedNetwork)


class FrozenModel(UnfittedModel, Generic[N]):
    """A network and the coder's arrays, as a model file gives them.

    Parameters
    ----------
    data : bytes
        The file's content.
    name : str
        What errors call it.

    Attributes
    ----------
    sha256 : str
        Hash of the model file.
    network
        In evaluation mode, not to be trained.
    network_class
        Makes a network of a configuration, its weights random.

    Raises
    ------
    ModelError
        If it is no model file of this kind.
    """

    network: N
    network_class: ClassVar[type[Any]]

    def __init__(self, data: bytes, name: str = "the model") -> None:
        self._bytes = data
        self.sha256 = hashlib.sha256(data).hexdigest()
        self.network, self._arrays = self._read(data, name)
        self.network.requires_grad_(False)

    @classmethod
    @abstractmethod
    def _read(cls, data: bytes, name: str) -> tuple[N, dict[str, NDArray[np.generic]]]:
        """Read a model file: the network, and the coder's arrays."""

    @staticmethod
    @abstractmethod
    def _written(network: N) -> bytes:
        """Return the model file of a network."""

    @classmethod
    def from_network(cls, network: N) -> Self:
        """Freeze a network: the model equals what its file will give back."""
        return cls(cls._written(network))

    def to_bytes(self) -> bytes:
        """The model file's content."""
        return self._bytes

    @property
    def device(self) -> torch.device:
        """Where the network is; the exact coder's networks stay on the processor."""
        return next(self.network.parameters()).device

    def on_device(self, device: str) -> Self:
        """Return the model with its network on a device; itself where it is there.

        Raises
        ------
        IdlatError
            There is no such device.
        """
        wanted = torch_device(device)
        if wanted.type == self.device.type:
            return self
        if wanted.type == "cuda":
            torch.backends.cudnn.allow_tf32 = False  # numbers of 10 bits would be seen from 50 dB on
        moved = copy.copy(self)
        moved.network = copy.deepcopy(self.network).to(wanted)
        moved.__dict__.pop("_chooser", None)  # holds on to the network
        return moved

    def _tensor(self, values: NDArray[Any]) -> torch.Tensor:
        """Return an array on the network's device."""
        return torch.from_numpy(np.ascontiguousarray(values)).to(self.device)

    @property
    def preset(self) -> str:
        """Name of the configuration."""
        return self.network.config.preset

    @property
    def importance_range(self) -> float:
        """a of w = exp(a·I + g)."""
        return self.network.config.importance_range

    def _tables(self) -> tuple[TableSet, TableSet]:
        """Tables of the symbols and of the hyper latents.

        Raises
        ------
        ModelError
            This machine cannot run the coder's networks exactly.
        """
        if not self_test():
            raise ModelError(
                "this machine's float32 convolutions are not exact on integers; idlat cannot decode here"
            )
        return TableSet(tables_of(self._arrays, "symbols")), TableSet(tables_of(self._arrays, "hyper"))

    @cached_property
    def _costs(self) -> SymbolCosts:
        return SymbolCosts(tables_of(self._arrays, "symbols"))
