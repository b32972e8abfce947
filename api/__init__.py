"""Plan -> people: the only package that knows every other."""
