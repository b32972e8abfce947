"""The commands of ``safepassage``, one module each with `register`."""
