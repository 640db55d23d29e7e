"""Assign further blocks to existing clusters: each joins the cluster of its nearest neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from idlat.errors import IdlatError

__all__ = ["assign"]


def assign(
    known: NDArray[np.float32], labels: NDArray[np.integer], new: NDArray[np.float32], neighbours: int = 5
) -> NDArray[np.intp]:
    """Give new blocks the label that most of their nearest known blocks in latent space have.

    Parameters
    ----------
    known : float32 array (n, d)
        Features of blocks with a label.
    labels : int array (n,)
        Their clusters.
    new : float32 array (m, d)
        Features from the same map.
    neighbours : int
        That vote; a tie goes to the smaller label.

    Raises
    ------
    IdlatError
        No block is known, or the arrays do not fit each other.

    Examples
    --------
    >>> known = np.array([[0.0], [1.0], [10.0]], np.float32)
    >>> assign(known, np.array([4, 4, 7]), np.array([[2.0], [9.0]], np.float32), 1)
    array([4, 7])
    """
    if not len(known) or len(known) != len(labels) or known.shape[1:] != new.shape[1:]:
        raise IdlatError("a label for each known block, one or more, and features of one length are expected")
    if not len(new):
        return np.empty(0, np.intp)
    from sklearn.neighbors import KNeighborsClassifier

    voters = KNeighborsClassifier(min(neighbours, len(known)), algorithm="brute").fit(known, labels)
    return np.asarray(voters.predict(new), np.intp)
