"""Forms: an alert as the bytes that partners read, one file each. Pure."""
