"""What can be kept: the state, exports of the selection, the report."""
