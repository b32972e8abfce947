"""When the watch commits: what was found goes out before what others are assessed at."""

from api.alerting import Alerting
from api.commits import STAGE, Commits
from api.writing import Sharing
from ingest import store
from ingest.picture import Picture
from risk.event import Event


class Thinker:
    """Counts how often it is asked to assess, and for what is then kept."""

    def __init__(self):
        self.assessed = 0

    def assess(self, behind, found):
        self.assessed += 1

    def note(self, found):
        return {"assessed": self.assessed}

    def state(self):
        return {}


def an_alert(make, n):
    event = Event(kind="gap", mmsis=(200000001 + n,), started_at=make.noon_us, ended_at=None,
                  detected_at=make.noon_us, lon=-81.2, lat=1.4, status="open",
                  confidence=0.9)  # fmt: skip
    return Alerting().happened(event, False, Picture())


async def test_an_alert_waits_every_other_time_for_no_assessment(database, log, make):
    async with store.own(database, STAGE) as owned:
        commits = Commits(log, database, owned, Sharing(originator="XC", releasable_to=("*",)))
        thinker, assessed = Thinker(), []
        for n in range(4):
            commits.found.alerts.append(an_alert(make, n))
            commits.dirty, commits._committed = True, -1e9
            await commits.next(thinker)
            assessed.append(thinker.assessed)
        assert commits.found.alerts == []
    assert assessed == [0, 1, 1, 2], "assessments neither hold alerts up nor starve"
    assert await database.fetchval("SELECT count(*) FROM alerts") == 4


async def test_after_an_alert_has_gone_out_alone_the_rest_follows_though_nothing_else_comes(
    database, log, make
):
    async with store.own(database, STAGE) as owned:
        commits = Commits(log, database, owned, Sharing(originator="XC", releasable_to=("*",)))
        thinker = Thinker()
        commits.found.alerts.append(an_alert(make, 0))
        commits.dirty, commits._committed = True, -1e9
        await commits.next(thinker)
        assert (thinker.assessed, commits.dirty) == (0, True)
        commits._committed = -1e9
        await commits.next(thinker)
        assert (thinker.assessed, commits.dirty) == (1, False)
