"""Compiled for all ships at once: where the land is, and the way each will go."""
