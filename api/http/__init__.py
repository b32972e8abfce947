"""HTTP: routes, errors, headers; the edge where people and machines come in."""
