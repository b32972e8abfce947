import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.cli import main
from api.running import running
from api.settings import Settings
from sea.errors import UnavailableError


@pytest.fixture
def safepassage(api_database_url, database, tmp_path, monkeypatch, capsys):
    """Runs the command next to a service of which run.json tells: (code, stdout, stderr)."""
    told = dict(database_url=api_database_url, nats_url="", http_url="http://x:1/", pid=os.getpid())
    (tmp_path / "run.json").write_text(json.dumps(told))
    monkeypatch.setenv("SAFEPASSAGE_DATA_DIR", str(tmp_path))

    def run(*words):
        with ThreadPoolExecutor(1) as thread:  # commands bring their own event loop
            code = thread.submit(main, words).result(60)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_a_key_is_made_listed_and_revoked(safepassage):
    who = ["--name", "Port", "--role", "port_authority", "--nation", "PA", "--ports", "PAONX,PABLB"]
    _, key, _ = safepassage("keys", "create", *who)
    assert re.fullmatch(r"sp_\S{43}\n", key)
    code, _, said = safepassage("keys", "create", *who)
    assert (code, said.count("\n")) == (1, 1)
    assert "already" in said
    _, listed, _ = safepassage("keys", "list")
    assert key.strip() not in listed
    assert key[:9] in listed
    assert "PAONX,PABLB" in listed
    assert safepassage("keys", "revoke", "Port")[0] == 0
    assert "revoked" in safepassage("keys", "list")[1]
    assert safepassage("keys", "revoke", "Port")[0] == 1


def test_a_key_is_rotated_and_ends_and_serves_for_its_scopes(safepassage):
    who = ["--name", "Nav", "--role", "naval_partner", "--nation", "US", "--scopes", "read,live"]
    _, first, _ = safepassage("keys", "create", *who)
    code, second, _ = safepassage("keys", "rotate", "Nav", "--overlap-h", "2", "--days", "0")
    assert code == 0
    assert re.fullmatch(r"sp_\S{43}\n", second)
    old, new = safepassage("keys", "list")[1].splitlines()
    assert old.startswith(first[:9])
    assert re.search(r"read,live  \S+  used never  superseded, in force until \S+Z$", old)
    assert new.endswith("in force")
    assert safepassage("keys", "rotate", "Nobody")[0] == 1
    assert safepassage("keys", "create", *who[:-1], "everything")[0] == 1


def test_sessions_of_a_name_are_ended(safepassage):
    safepassage("keys", "link", "--name", "A", "--role", "watch_officer", "--nation", "MX")
    assert safepassage("keys", "sign-out", "A")[1] == "ended 1 sessions and links of A\n"


def test_a_link_is_printed(safepassage):
    who = ["--name", "A", "--role", "watch_officer", "--nation", "MX"]
    assert re.fullmatch(r"http://x:1/sign-in\?token=\S{43}\n", safepassage("keys", "link", *who)[1])


def test_a_role_that_is_none_is_wrong_usage():
    with pytest.raises(SystemExit) as caught:
        main(["keys", "create", "--name", "A", "--role", "god", "--nation", "MX"])
    assert caught.value.code == 2


def test_a_schema_up_to_date_has_nothing_to_do(safepassage):
    assert safepassage("migrate")[1] == "nothing to do\n"


@pytest.mark.parametrize("told", [None, '{"pid": 2000000000}', "{"])
def test_no_running_service_is_said_with_what_to_do(tmp_path, told):
    if told is not None:
        (tmp_path / "run.json").write_text(told)
    with pytest.raises(UnavailableError, match=r"no service is running|cannot read"):
        running(Settings(data_dir=tmp_path))


def test_a_service_that_died_is_not_running(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    told = dict(database_url="x", nats_url="x", http_url="x", pid=process.pid)
    (tmp_path / "run.json").write_text(json.dumps(told))
    with pytest.raises(UnavailableError, match="start it with safepassage up"):
        running(Settings(data_dir=tmp_path))
