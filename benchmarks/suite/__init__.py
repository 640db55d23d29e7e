"""The suite: every real field and unseen simulated ones, under maps, beside other compressors.

fields ── maps ──▶ archives (idlat, real bytes and decodes) ──┐
   │                                                           ├─▶ comparison ─▶ tables, pictures
   └── peers' forms ──▶ curves, measured once and kept ────────┘
"""
