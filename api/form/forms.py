"""Which form a subscription asks for."""

from collections.abc import Callable, Mapping
from typing import Final, Literal

from api.channel.parcel import Parcel
from api.form import cap, cloudevent, oth_gold

Form = Literal["cloudevents", "cap", "oth_gold"]

_FORMS: Final[Mapping[str, tuple[Callable[[Parcel], bytes], str]]] = {
    "cloudevents": (cloudevent.cloud_event, cloudevent.MEDIA_TYPE),
    "cap": (cap.cap_alert, cap.MEDIA_TYPE),
    "oth_gold": (oth_gold.oth_gold, oth_gold.MEDIA_TYPE),
}


def written(parcel: Parcel) -> tuple[bytes, str]:
    """The parcel in the form its target asks for, and the media type."""
    write, media_type = _FORMS[parcel.target.get("form", "cloudevents")]
    return write(parcel), media_type
