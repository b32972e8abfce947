"""Reads one CAP 1.2 alert from standard input: a webhook or NATS target with the form `cap`.

python cap_reader.py < alert.xml
"""

import sys
import xml.etree.ElementTree as ET

CAP = {"cap": "urn:oasis:names:tc:emergency:cap:1.2"}

if __name__ == "__main__":
    alert = ET.parse(sys.stdin.buffer).getroot()
    for path in ("status", "msgType", "info/severity", "info/headline", "info/area/circle"):
        where = "/".join(f"cap:{name}" for name in path.split("/"))
        print(f"{path}: {alert.findtext(where, '', CAP)}")
