"""A field's axes and grid: which axis is which, where voxels lie, whether two fields share a grid."""
