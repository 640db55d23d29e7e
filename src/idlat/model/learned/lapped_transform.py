"""A separable lapped transform of 8³ cells, the linear part of the default model.

It is the time-domain form: a pre-filter across each face between two cells, then a block transform;
its inverse is the inverse block transform, then a post-filter. At the field's edge nothing is filtered, so
no voxel is coded twice and no latent is needed outside the field.

    x (B, 1, 8d, 8h, 8w) ── pre-filter ── cells (B, d, h, w, 512) ── matrix ──▶ (B, K, d, h, w)
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from idlat.transform.lapped import CELL, dct_matrix

# Maximises the coding gain of an AR(1) source with correlation 0.95 (9.62 dB; the block DCT reaches 8.83).
_ODD_BRANCH = (
    (0.954989, 0.783340, 0.354805, 0.239139),
    (-0.551990, 0.900784, 0.618789, 0.235367),
    (0.112354, -0.364659, 1.091616, 0.390381),
    (-0.029476, 0.008154, -0.119551, 1.187909),
)


def coefficient_order(count: int, n: int = CELL) -> NDArray[np.int64]:
    """Return the `count` lowest-frequency triples (k, j, i), shape (count, 3).

    Ordered by k² + j² + i², ties by the largest of the three; the mean comes first.
    """
    triples = np.stack(np.meshgrid(*[np.arange(n)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    keys = (triples[:, 2], triples[:, 1], triples[:, 0], triples.max(1), (triples**2).sum(1))
    return triples[np.lexsort(keys)][:count]


def boundary_filter(odd: Tensor) -> Tensor:
    """Return the 8×8 filter across a face whose odd branch is `odd` (4, 4).

    Sums of mirrored samples pass unchanged, differences go through `odd`: a mirrored extension is left as it
    is.
    """
    identity = torch.eye(4, dtype=odd.dtype, device=odd.device)
    flip = identity.flip(0)
    fold = torch.cat([torch.cat([flip, identity], 1), torch.cat([-flip, identity], 1)]) / math.sqrt(2)
    middle = torch.block_diag(identity, odd)
    matrix: Tensor = fold.T @ middle @ fold
    return matrix


def filter_faces(x: Tensor, matrix: Tensor) -> Tensor:
    """Apply an 8×8 filter across every inner face between cells, along z, y and x.

    Parameters
    ----------
    x : Tensor
        (B, Z, Y, X), multiples of 8.
    matrix : Tensor
        (8, 8).
    """
    for axis in (1, 2, 3):
        size = x.shape[axis]
        faces = size // CELL - 1
        if faces < 1:
            continue
        first, middle, last = x.split([4, size - 8, 4], dim=axis)
        shape = middle.shape
        if axis == 3:
            middle = middle.reshape(-1, CELL) @ matrix.T
        else:
            lead = math.prod(shape[:axis]) * faces
            middle = torch.matmul(matrix, middle.reshape(lead, CELL, -1))
        x = torch.cat([first, middle.reshape(shape), last], dim=axis)
    return x


def to_cells(x: Tensor, n: int) -> Tensor:
    """(B, Z, Y, X) → (B, Z/n, Y/n, X/n, n³)."""
    b, z, y, w = x.shape
    cells = x.reshape(b, z // n, n, y // n, n, w // n, n).permute(0, 1, 3, 5, 2, 4, 6)
    return cells.reshape(b, z // n, y // n, w // n, n**3)


def from_cells(cells: Tensor, n: int) -> Tensor:
    """(B, d, h, w, n³) → (B, n·d, n·h, n·w)."""
    b, d, h, w, _ = cells.shape
    x = cells.reshape(b, d, h, w, n, n, n).permute(0, 1, 4, 2, 5, 3, 6)
    return x.reshape(b, d * n, h * n, w * n)


class LappedTransform(nn.Module):
    """Learnable lapped transform with `coefficients` channels a cell, started from the best for smooth data.

    Analysis and synthesis have weights of their own; they start as each other's inverse (on the kept
    channels).
    """

    def __init__(self, coefficients: int) -> None:
        super().__init__()
        odd = torch.tensor(_ODD_BRANCH, dtype=torch.float64)
        dct = dct_matrix(CELL)
        order = coefficient_order(coefficients)
        basis = np.einsum("ca,cb,cd->cabd", *(dct[order[:, axis]] for axis in range(3))).reshape(
            coefficients, -1
        )
        self.odd_analysis = nn.Parameter(odd.float())
        self.odd_synthesis = nn.Parameter(torch.linalg.inv(odd).float())
        self.forward_matrix = nn.Parameter(torch.tensor(basis, dtype=torch.float32))  # (K, 512)
        self.inverse_matrix = nn.Parameter(torch.tensor(basis.T.copy(), dtype=torch.float32))  # (512, K)

    def analysis(self, x: Tensor) -> Tensor:
        """(B, 1, Z, Y, X) → (B, K, Z/8, Y/8, X/8)."""
        filtered = filter_faces(x[:, 0], boundary_filter(self.odd_analysis))
        coefficients = to_cells(filtered, CELL) @ self.forward_matrix.T  # (B, d, h, w, K)
        return coefficients.permute(0, 4, 1, 2, 3)

    def synthesis(self, y: Tensor) -> Tensor:
        """(B, K, d, h, w) → (B, 1, 8d, 8h, 8w)."""
        cells = y.permute(0, 2, 3, 4, 1) @ self.inverse_matrix.T  # (B, d, h, w, 512)
        return filter_faces(from_cells(cells, CELL), boundary_filter(self.odd_synthesis))[:, None]


def synthesis_norms(coefficients: int) -> NDArray[np.float64]:
    """Squared norms of the starting synthesis functions, shape (K,): the weight of each channel's error."""
    one = torch.eye(CELL, dtype=torch.float64) @ torch.tensor(dct_matrix(CELL))
    matrix = boundary_filter(torch.linalg.inv(torch.tensor(_ODD_BRANCH, dtype=torch.float64)))
    left, right = matrix[:, 4:] @ one.T[:4], matrix[:, :4] @ one.T[4:]
    norms = (left.square().sum(0) + right.square().sum(0)).numpy()
    order = coefficient_order(coefficients)
    return np.asarray(norms[order].prod(1))
