"""The trained network of preset `learned`, its models and its file; the paper's presets share some parts."""
