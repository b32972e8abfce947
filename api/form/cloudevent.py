"""CloudEvents 1.0 in JSON, structured mode: the form of webhooks and NATS."""

import msgspec

from api.channel.parcel import Parcel

MEDIA_TYPE = "application/cloudevents+json"


def cloud_event(parcel: Parcel) -> bytes:
    """The event; `data` is the alert as `/v1/alerts/{id}` has it, without what officers did."""
    told = parcel.document
    event = {
        "specversion": "1.0",
        "id": parcel.id,
        "source": f"urn:safepassage:{told['originator']}",
        "type": f"safepassage.alert.{parcel.phase}.v1",
        "subject": told["mmsis"][0] if told["mmsis"] else told["rule"],
        "time": told["raised_at"],
        "datacontenttype": "application/json",
        "data": told,
    }
    return msgspec.json.encode(event)
