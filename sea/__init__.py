"""The words everybody speaks: units, geodesy, identity, ports, zones, lanes. Pure."""
