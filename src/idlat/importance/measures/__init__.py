"""What importance measures: distances to surfaces and objects, and statistics of a neighbourhood."""
