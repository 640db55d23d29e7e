"""Archives as files of VTK, for viewers that know no archive."""
