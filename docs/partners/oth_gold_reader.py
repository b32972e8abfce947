"""Reads one OTH-Gold contact report from standard input: a target with the form `oth_gold`.

python oth_gold_reader.py < report.txt
"""

import sys


def degrees(text: str) -> float:
    """Decimal degrees of DDMMSSN or DDDMMSSE and a check digit."""
    digits, side, check = text[:-2], text[-2], text[-1]
    if sum(map(int, digits)) % 10 != int(check):
        raise ValueError(f"the check digit of {text} is wrong")
    whole = int(digits[:-4]) + int(digits[-4:-2]) / 60 + int(digits[-2:]) / 3600
    return -whole if side in "SW" else whole


if __name__ == "__main__":
    for line in sys.stdin.read().splitlines():
        kind, *fields = line.split("/")
        if kind == "CTC":
            print("contact", fields[0], fields[1])
        if kind == "POS":
            print("position", round(degrees(fields[2]), 4), round(degrees(fields[3]), 4))
