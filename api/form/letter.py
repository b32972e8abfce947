"""An alert as an e-mail, in plain text and HTML."""

from email.message import EmailMessage
from email.utils import format_datetime
from html import escape

from api.channel.parcel import Parcel
from api.form.text import at, explained, headline
from risk.wording import position
from sea.instants import from_us


def letter(parcel: Parcel, sender: str) -> EmailMessage:
    """The message; its Message-ID is the same whenever it is sent again."""
    told, message = parcel.document, EmailMessage()
    message["From"] = sender
    message["To"] = ", ".join(parcel.target["to"])
    subject = f"[{told['severity']}] {headline(parcel)}"
    message["Subject"] = " ".join(subject.split())[:200]  # no break of lines, of which kind ever
    message["Date"] = format_datetime(from_us(at(told, "raised_at")))
    message["Message-ID"] = f"<{parcel.id}.{parcel.subscription}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Safe-Passage-Alert"] = parcel.id
    where = told["position"]
    facts = [
        ("Vessels", ", ".join(f"{v['name'] or 'unnamed'}, MMSI {v['mmsi']}"
                              for v in told["vessels"]) or "none"),
        ("Position", "unknown" if where is None else position(where[0], where[1])),
        ("Since", told["onset_at"]),
        ("Releasable to", f"{told['originator']}, {', '.join(told['releasable_to'])}"),
        ("Alert", told["id"]),
    ]  # fmt: skip
    texts = explained(parcel)
    message.set_content(
        "\n\n".join(texts) + "\n\n" + "\n".join(f"{name}: {value}" for name, value in facts) + "\n"
    )
    rows = "".join(
        f"<tr><th align=left>{escape(name)}</th><td>{escape(value)}</td></tr>"
        for name, value in facts
    )
    paragraphs = "".join(f"<p>{escape(text)}</p>" for text in texts)
    message.add_alternative(
        f"<!doctype html><html lang=en><body><h1>{escape(headline(parcel))}</h1>{paragraphs}"
        f"<table>{rows}</table></body></html>",
        subtype="html",
    )
    return message
