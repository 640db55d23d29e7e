"""Codecs of what a model makes: the configuration names it, and what it was fitted to for the variable."""

from __future__ import annotations

import json
import re
from typing import Any

from zarr.core.common import JSON

from idlat.archive.codecs.model_lookup import find_model
from idlat.archive.codecs.named_codec import NamedCodec
from idlat.errors import ArchiveError
from idlat.model.latent_model import LatentModel

__all__ = ["ModelCodec"]

_HASH = re.compile(r"[0-9a-f]{64}")


class ModelCodec(NamedCodec):
    """A codec that a model's hash, and what the model was fitted to for a variable, configure.

    Attributes
    ----------
    model
        The model's SHA-256, 64 hexadecimal digits.
    coding
        What the model was fitted to for this variable, as JSON; None where it is not fitted.
    """

    model: str
    coding: str | None

    def _set(self, model: Any, coding: Any) -> None:
        if not isinstance(model, str) or not _HASH.fullmatch(model):
            raise ArchiveError(
                f"codec {self.name}: 'model' should be a SHA-256 in hexadecimal, got {model!r}"
            )
        object.__setattr__(self, "model", model)
        object.__setattr__(self, "coding", None if coding is None else json.dumps(coding, sort_keys=True))

    def configuration(self) -> dict[str, JSON]:
        """Return the model, and what it was fitted to."""
        fitted: dict[str, JSON] = {} if self.coding is None else {"coding": json.loads(self.coding)}
        return {"model": self.model, **fitted}

    def fitted(self, model: LatentModel) -> LatentModel:
        """Return the model as it was fitted to this variable."""
        return model.with_coding(None if self.coding is None else json.loads(self.coding))

    def find_fitted(self) -> LatentModel:
        """Find the model, fitted to this variable."""
        return self.fitted(find_model(self.model))
