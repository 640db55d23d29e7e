"""What VTK draws of a panel: volume, surfaces, slices, box."""
