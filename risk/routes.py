"""Known routes: the ports whose traffic gives context to evidence, and creates none."""

COCAINE_PORTS = {
    "ECGYE": "Guayaquil",
    "ECPBO": "Puerto Bolivar",
    "PECLL": "Callao",
    "COBUN": "Buenaventura",
    "COSMR": "Santa Marta",
    "COCTG": "Cartagena",
    "COTRB": "Turbo",
    "BRSSZ": "Santos",
}
"""Ports of export by UN/LOCODE; chosen by us after UNODC, Global Report on Cocaine 2023."""

PRECURSOR_PORTS = {"MXZLO": "Manzanillo", "MXLZC": "Lazaro Cardenas"}
"""Pacific Mexican ports of precursor cargo from Asia (DEA National Drug Threat Assessment 2024)."""

ROUTE_PORTS = {**COCAINE_PORTS, **PRECURSOR_PORTS}
