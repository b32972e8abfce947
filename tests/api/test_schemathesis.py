"""The whole OpenAPI document driven by schemathesis with the keys of roles.

Left out: streams, which have no end (test_live.py), and `/sign-in`, which is a page (test_auth.py).
SAFEPASSAGE_SCHEMATHESIS_EXAMPLES=50 asks for more of each operation; from 2 on with every role's
key and with its phase of edge cases, else with that of the role that may do most and of the one
that may do least.
"""

import asyncio
import os
import re
import sys

import pytest

from api.policy import ROLES

EXAMPLES = int(os.environ.get("SAFEPASSAGE_SCHEMATHESIS_EXAMPLES", "1"))
NOT_HELD = "positive_data_acceptance"
"""JSON Schema says less than we ask: check digits, cursors of our own, columns of a CSV."""


STREAMS = ("/v1/live", "/v1/alerts/stream")
LEFT_OUT = [word for path in (*STREAMS, "/sign-in") for word in ("--exclude-path", path)]
PHASES = "fuzzing,stateful" if EXAMPLES < 2 else "examples,coverage,fuzzing,stateful"
ASKED = ROLES if EXAMPLES > 1 else ("watch_officer", "port_authority")


@pytest.mark.timeout(60 * max(5, EXAMPLES))
@pytest.mark.parametrize("role", ASKED)
async def test_the_api_is_what_its_description_says(world, make, tmp_path, role):
    world.hear(200000001, 200000002, name="TESTER")
    await world.store_positions(200000001, (-90, 10), (-90.1, 10))
    await world.store_assessment(make.assessment(200000001))
    await world.store("events", make.event("e1", 200000001))
    await world.store("plans", make.plan())
    await world.live.round()
    headers = await world.sign(role=role, ports=("PABLB",))
    description = world.client.make_url("/openapi.json")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "schemathesis.cli", "run", str(description),
        "--header", f"Authorization:{headers['Authorization']}", "--checks", "all",
        "--exclude-checks", NOT_HELD, *LEFT_OUT,
        "--phases", PHASES, "--max-examples", str(EXAMPLES), "--generation-deterministic",
        "--continue-on-failure", "--no-color", cwd=tmp_path, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()[-8000:]
    assert re.search(r"\d{2,} generated", said.decode())
