"""The latent space as an instrument (paper, Sect. 5.4 and 6.4): arrays in, arrays out.

::

    latents ─ block_features ─▶ features ┬ Clustering ─▶ ClusterTree ─▶ node_qualities, ClusterFile
                                         ├ project ─▶ Projection
                                         └ track ─▶ births, deaths, splits and merges of a cluster
    field ┬ block_gradients, density, energy_distance, only, cluster_meshes: what a cluster is
          └ latent_map, peer_map ─▶ SimilarityMap ─▶ representative isovalues

The terms are explained in ``docs/glossary.md``.
"""

from __future__ import annotations

from idlat.extras import require

require("analysis", "sklearn", "skimage", "openTSNE", "pyamg")

from idlat.analysis.assign import assign
from idlat.analysis.clusterfile import ClusterFile
from idlat.analysis.clusters import Clustering, ClusterNode, ClusterTree
from idlat.analysis.extract import Mesh, cluster_meshes, only, voxel_mask
from idlat.analysis.features import BlockFeatures, FeatureMap, block_features
from idlat.analysis.gather import gathered
from idlat.analysis.gradients import block_gradients, block_means, density, energy_distance
from idlat.analysis.isosurfaces import LatentOptions, latent_map
from idlat.analysis.peers import PEERS, peer_map
from idlat.analysis.projection import Projection, project
from idlat.analysis.quality import Histogram, NodeQuality, node_qualities
from idlat.analysis.similarity import SimilarityMap, representative_isovalues, spread_isovalues
from idlat.analysis.tracking import TrackOptions, TrackPoint, track

__all__ = [
    "PEERS",
    "BlockFeatures",
    "ClusterFile",
    "ClusterNode",
    "ClusterTree",
    "Clustering",
    "FeatureMap",
    "Histogram",
    "LatentOptions",
    "Mesh",
    "NodeQuality",
    "Projection",
    "SimilarityMap",
    "TrackOptions",
    "TrackPoint",
    "assign",
    "block_features",
    "block_gradients",
    "block_means",
    "cluster_meshes",
    "density",
    "energy_distance",
    "gathered",
    "latent_map",
    "node_qualities",
    "only",
    "peer_map",
    "project",
    "representative_isovalues",
    "spread_isovalues",
    "track",
    "voxel_mask",
]
