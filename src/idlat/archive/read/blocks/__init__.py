"""The blocks of a parallel run, an archive each, read as one."""
