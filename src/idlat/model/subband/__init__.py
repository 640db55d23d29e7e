"""The default model: an invertible transform, quantised under the map, coded under contexts (format 2).

What it holds is small: weights of contexts and tables; the rest is fitted to each variable.
"""
