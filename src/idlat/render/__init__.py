"""Pictures of volumes by VTK, drawn without a window (the paper's Fig. 6 to 8); needs the extra ``vtk``."""
