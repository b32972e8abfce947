"""The hazard field that a node scores by: published figures over ship-hours assumed or seen."""

from pathlib import Path

from api.settings import Settings
from risk.assess import Assessor
from risk.exposure import Exposure, read_exposure
from risk.hazard import HazardField
from sea.errors import UnavailableError


def assessor_of(settings: Settings) -> Assessor:
    """Scores by the field of the settings.

    Raises:
        BadInputError: the file of ship-hours is none.
        UnavailableError: it cannot be read.
    """
    return Assessor(HazardField.fit(exposure=exposure_of(settings.exposure)))


def exposure_of(path: Path | None) -> Exposure | None:
    """The ship-hours of a file; None without one.

    Raises:
        BadInputError: it holds none.
        UnavailableError: it cannot be read.
    """
    if path is None:
        return None
    try:
        return read_exposure(path.read_text("utf-8", errors="replace"))
    except OSError as error:
        raise UnavailableError(f"cannot read {path}: {error.strerror}") from error
