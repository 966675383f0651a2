"""One SARA project: areas, window, design, evaluation, delivery."""
