"""Surface water (地表水): GB 3838 classes, evaluation of rivers and lakes, fluxes, compensation. See README.md."""
