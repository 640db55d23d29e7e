"""The importance workbench: two maps, tried and compared."""
