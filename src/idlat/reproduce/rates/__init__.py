"""Rate against weighted PSNR: which models, what is measured, and the curves that come of it."""
