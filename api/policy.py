"""Policy: the one place that decides who may see a record, and who may decide.

Positions and identities are what ships broadcast to everybody, so every signed-in principal sees
them. What we conclude from them (events, assessments, plans) belongs to the nation that made it
and is seen by the nations it is releasable to. A record that may not be seen leaves no trace: not
in a list, a count, a cursor, a sort order, nor in the live stream.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Role = Literal["watch_officer", "planner", "naval_partner", "port_authority", "admin"]
ROLES: tuple[Role, ...] = ("watch_officer", "planner", "naval_partner", "port_authority", "admin")

Kind = Literal[
    "event", "assessment", "plan", "coverage", "decision", "incident", "watchlist", "intelligence",
    "audit", "zone",
]  # fmt: skip

Scope = Literal["read", "live", "write", "audit"]
SCOPES: tuple[Scope, ...] = ("read", "live", "write", "audit")
"""Parts of what a role may do that a key may be limited to."""

COALITION = "*"

_WATCH: frozenset[Role] = frozenset(ROLES)
_PATROLS: frozenset[Role] = _WATCH - {"port_authority"}
_READERS: dict[Kind, frozenset[Role]] = {
    "event": _WATCH,
    "assessment": _WATCH,
    "plan": _PATROLS,  # a plan says where patrol vessels will be; a port has no need of it
    "coverage": _PATROLS,  # it says where nobody listens
    "decision": _PATROLS,
    "incident": _WATCH,
    "watchlist": _PATROLS,  # like intelligence, of police work more than of ports
    "intelligence": _PATROLS,
    "audit": frozenset({"watch_officer", "admin"}),
    "zone": _WATCH,
}
_OF_POLICE_WORK = ("watch_list", "intelligence")
"""How codes begin of reasons that rest on watch lists and intelligence."""

_DECIDERS: frozenset[Role] = frozenset({"watch_officer", "planner"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks.

    Attributes:
        nation: ISO 3166-1 alpha-2. ports: UN/LOCODEs a port authority speaks for. scopes: what
            the key is for, empty for all that the role may do. credential: how we know who asks,
            fit to be shown.
    """

    name: str
    role: Role
    nation: str
    ports: tuple[str, ...] = ()
    scopes: tuple[Scope, ...] = ()
    credential: str = ""

    @property
    def audience(self) -> tuple[Role, str]:
        """All that `allowed` looks at: principals of one audience see the same."""
        return self.role, self.nation


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Whose record it is and who else may have it; "*" is the whole coalition."""

    kind: Kind
    originator: str
    releasable_to: tuple[str, ...]


def sees_sources(principal: Principal) -> bool:
    """Whether the principal may see where this node gets its AIS from, and how well.

    Where a coalition listens, and when it is deaf, is the watch's own business.
    """
    return principal.role in ("watch_officer", "admin")


def release_of(kind: Kind, row: Mapping[str, Any]) -> Release:
    """Whose record the row of a table is."""
    return Release(
        kind=kind,
        originator=row["originator"],
        releasable_to=tuple(sorted(row["releasable_to"])),
    )


def allowed(principal: Principal, record: Release) -> bool:
    """Whether the principal may see the record, or learn that there is one."""
    return principal.role in _READERS[record.kind] and (
        record.originator == principal.nation
        or COALITION in record.releasable_to
        or principal.nation in record.releasable_to
    )


def may_decide(
    principal: Principal, nation: str | None = None, *, player: str | None = None
) -> bool:
    """Whether the principal may decide on escorts, and on those of a nation's asset.

    No nation decides for another's asset. In an exercise, whose assets are made up, the officers
    of the node's own nation, the `player`, play the parts of all.
    """
    its_own = nation is None or principal.nation in (nation, player)
    return principal.role in _DECIDERS and its_own


def may_act(principal: Principal, record: Release) -> bool:
    """Whether the principal may acknowledge, assign, silence and close an alert for his nation."""
    return principal.role in _DECIDERS and allowed(principal, record)


def may_manage(principal: Principal, owner: Principal) -> bool:
    """Whether the principal may see and end a subscription: its owner, or his nation's watch."""
    same = principal.nation == owner.nation
    return same and (principal.name == owner.name or principal.role in ("watch_officer", "admin"))


def may_report(principal: Principal, kind: Kind) -> bool:
    """Whether the principal may report such a thing for his nation: whoever may read it."""
    return principal.role in _READERS[kind]


def may_take_back(principal: Principal, record: Release) -> bool:
    """Whether the principal may retract the record: his own nation's, no other's."""
    return may_report(principal, record.kind) and principal.nation == record.originator


def may_be_told(principal: Principal, score: str) -> bool:
    """Whether the principal may read what reports add to a score for his nation or everybody.

    Incidents add to coercion, watch lists and intelligence to smuggling.
    """
    return may_report(principal, "incident" if score == "coercion" else "intelligence")


def sees_arrivals(principal: Principal, unlocode: str) -> bool:
    """Whether the principal may see who is bound for the port: its authority alone, of ports."""
    return principal.role != "port_authority" or unlocode in principal.ports


def may_read_reason(principal: Principal, code: str) -> bool:
    """Whether the principal may read a reason of this code, however it came into a score."""
    return principal.role in _PATROLS or not code.startswith(_OF_POLICE_WORK)


def sees_informants(principal: Principal, record: Release) -> bool:
    """Whether the principal may see who told what a report says: port authorities, of their own."""
    return principal.role in _PATROLS or principal.nation == record.originator


def anybody(nation: str = "") -> Principal:
    """One who sees of a nation all that it may see; of no nation, only what everybody may."""
    return Principal(name="", role="watch_officer", nation=nation)
