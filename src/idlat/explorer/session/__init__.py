"""What one window holds, whatever its views: blocks, tree, selection, jobs, and the protocol of a view."""
