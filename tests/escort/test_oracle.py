"""Plans against CP-SAT, which knows nothing of columns: nothing it finds exceeds the bound.

Ten small scenarios by default; SAFEPASSAGE_ORACLE=100 takes more of them, and larger ones.
"""

import os
from itertools import product

import pytest
import shapely
from ortools.sat.python import cp_model

from escort.plan import plan, plan_document
from escort.reading import read_scenario

INSTANCES = int(os.environ.get("SAFEPASSAGE_ORACLE", "10"))
SECONDS = 2.0 if INSTANCES <= 10 else 5.0
VALUE, TRANSIT = 10**9, 1000  # units of a risk value, and of a mile's 1e-6 of it
START, HOUR = -1, 3600


def a_rounded_scenario(make, seed):
    """Whole miles, so that an integer program can be exact about range."""
    few = INSTANCES <= 10
    n_assets, n_requests = (2 + seed % 3, 6 + seed % 7) if few else (3 + seed % 18, 20 + seed)
    document = make.random_scenario(seed, n_assets, n_requests)
    matrix = document["distances"]["matrix"]
    document["distances"]["matrix"] = [[float(round(nm)) for nm in row] for row in matrix]
    return document


class Sea:
    """What the scenario says of places, times and waters, read anew from the document."""

    def __init__(self, document, clock):
        listed = document["distances"]
        self.row = {tuple(point): i for i, point in enumerate(listed["points"])}
        self.matrix, self.zones, self.clock = listed["matrix"], document["zones"], clock

    def nm(self, one, other):
        return int(self.matrix[self.row[tuple(one)]][self.row[tuple(other)]])

    def is_open(self, asset, one, other):
        way = shapely.LineString([one, other]) if one != other else shapely.Point(one)
        return not any(
            shapely.Polygon(zone["polygon"]).intersects(way)
            for zone in self.zones
            if zone["id"] not in asset["may_enter"]
            and (zone["kind"] == "closed" or zone["nation"] != asset["nation"])
        )

    def seconds(self, text):
        return round(self.clock(text) * HOUR)


def sailing_s(nm, kn):
    return -int(-nm * HOUR // kn)


class Oracle:
    """The whole scenario as one constraint program."""

    def __init__(self, document, clock):
        self.model, self.sea = cp_model.CpModel(), Sea(document, clock)
        self.assets, self.requests = document["assets"], document["requests"]
        self.worth, self.taken = [], [[] for _ in self.requests]
        self.met, self.legs = [], []
        for request in self.requests:
            window = [self.sea.seconds(request[end]) for end in ("earliest", "latest")]
            self.met.append(self.model.new_int_var(*window, ""))
            leg_nm = self.sea.nm(request["rendezvous"], request["release"])
            hours = request["leg_h"]
            leg_s = int(hours * HOUR) if hours else sailing_s(leg_nm, request["speed_kn"])
            self.legs.append((leg_nm, leg_s))
        for asset in self.assets:
            self.add(asset)
        for literals in self.taken:
            self.model.add_at_most_one(literals)
        self.model.maximize(sum(self.worth))

    def add(self, asset):
        start_at = self.sea.seconds(asset["available_from"])
        until = self.sea.seconds(asset["available_until"])
        mine = [r for r in range(len(self.requests)) if self.may_serve(asset, r)]
        left = {r: self.model.new_int_var(0, until, "") for r in mine}
        sailed = {r: self.model.new_int_var(0, int(asset["range_nm"]), "") for r in mine}
        arcs = [(0, 0, self.model.new_bool_var(""))]
        for k, r in enumerate(mine, 1):
            out = self.model.new_bool_var("")
            arcs.append((k, k, out))
            self.taken[r].append(out.negated())
            self.worth.append(round(self.requests[r]["risk_value"] * VALUE) * out.negated())
            self.ends(asset, r, out.negated(), left[r], sailed[r], until)
            if self.may_end(asset, r):
                arcs.append((k, 0, self.model.new_bool_var("")))
        nodes = [(0, START), *enumerate(mine, 1)]
        for (i, before), (j, r) in product(nodes, nodes[1:]):
            if i != j:
                where = before, r, start_at
                for go in (self.straight, self.by_base):
                    literal = go(asset, *where, left, sailed)
                    if literal is not None:
                        arcs.append((i, j, literal))
        self.model.add_circuit(arcs)

    def may_serve(self, asset, r):
        request = self.requests[r]
        leg_nm, _ = self.legs[r]
        needed = leg_nm / request["leg_h"] if request["leg_h"] else 0.0
        return (
            len(request["mmsis"]) <= asset["capacity_ships"]
            and asset["max_speed_kn"] >= max(request["speed_kn"], needed)
            and self.sea.is_open(asset, request["rendezvous"], request["release"])
        )

    def may_end(self, asset, r):
        release = self.requests[r]["release"]
        return not asset["must_return"] or self.sea.is_open(asset, release, asset["base"])

    def home(self, asset, r):
        nm = self.sea.nm(self.requests[r]["release"], asset["base"])
        return (nm, sailing_s(nm, asset["max_speed_kn"])) if asset["must_return"] else (0, 0)

    def ends(self, asset, r, serves, left, sailed, until):
        """From every escort the asset could go home in time, on its fuel, within endurance."""
        (home_nm, home_s), endurance_s = self.home(asset, r), int(asset["endurance_h"] * HOUR)
        end = self.met[r] + self.legs[r][1] + home_s
        self.model.add(end <= until).only_enforce_if(serves)
        self.model.add(end - left <= endurance_s).only_enforce_if(serves)
        self.model.add(sailed + home_nm <= int(asset["range_nm"])).only_enforce_if(serves)

    def place(self, asset, before):
        return asset["position"] if before == START else self.requests[before]["release"]

    def straight(self, asset, before, r, start_at, left, sailed):
        here, goal = self.place(asset, before), self.requests[r]["rendezvous"]
        if not self.sea.is_open(asset, here, goal):
            return None
        go, nm = self.model.new_bool_var(""), self.sea.nm(here, goal)
        way_s, total_nm = sailing_s(nm, asset["max_speed_kn"]), nm + self.legs[r][0]
        if before != START:
            ready, spent, since = (
                self.met[before] + self.legs[before][1], sailed[before], left[before]
            )  # fmt: skip
        elif asset["position"] == asset["base"]:
            ready, spent, since = left[r], 0, left[r]
            self.model.add(left[r] >= start_at).only_enforce_if(go)
        else:
            ready, spent, since = start_at, 0, start_at
        self.model.add(self.met[r] >= ready + way_s).only_enforce_if(go)
        self.model.add(sailed[r] == spent + total_nm).only_enforce_if(go)
        self.model.add(left[r] == since).only_enforce_if(go)
        self.worth.append(-TRANSIT * nm * go)
        return go

    def by_base(self, asset, before, r, start_at, left, sailed):
        here, base = self.place(asset, before), asset["base"]
        goal = self.requests[r]["rendezvous"]
        ways = self.sea.is_open(asset, here, base) and self.sea.is_open(asset, base, goal)
        if not ways or here == base == asset["position"]:
            return None
        go, kn = self.model.new_bool_var(""), asset["max_speed_kn"]
        in_nm, out_nm = self.sea.nm(here, base), self.sea.nm(base, goal)
        at = start_at if before == START else self.met[before] + self.legs[before][1]
        since, spent = (start_at, 0) if before == START else (left[before], sailed[before])
        arrives = at + sailing_s(in_nm, kn)
        self.model.add(arrives - since <= int(asset["endurance_h"] * HOUR)).only_enforce_if(go)
        self.model.add(spent + in_nm <= int(asset["range_nm"])).only_enforce_if(go)
        self.model.add(left[r] >= arrives + 4 * HOUR).only_enforce_if(go)
        self.model.add(self.met[r] >= left[r] + sailing_s(out_nm, kn)).only_enforce_if(go)
        self.model.add(sailed[r] == out_nm + self.legs[r][0]).only_enforce_if(go)
        self.worth.append(-TRANSIT * (in_nm + out_nm) * go)
        return go

    def solve(self):
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.max_time_in_seconds = SECONDS
        status = solver.solve(self.model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None, False
        return solver.objective_value / VALUE, status == cp_model.OPTIMAL


@pytest.mark.parametrize("seed", range(INSTANCES))
def test_no_plan_found_by_another_solver_exceeds_the_bound(make, clock, seed):
    document = a_rounded_scenario(make, seed)
    made = plan_document(plan(read_scenario(document), seconds=30))
    theirs, proven = Oracle(document, clock).solve()
    if theirs is None:
        pytest.skip("CP-SAT found no plan in its time")
    if made["upper_bound"] is not None:
        assert theirs <= made["upper_bound"] + 1e-7
    if proven:
        assert made["objective"] <= theirs + 1e-7
