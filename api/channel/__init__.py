"""Channels: the ways in which an alert leaves the house, one file each."""
