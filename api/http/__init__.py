"""HTTP: what every request passes before and after its endpoint, and what endpoints share."""
