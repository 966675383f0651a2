"""How a result shows itself."""
