import asyncio

import asyncpg
import pytest

from api.migrate import MIGRATIONS, migrate
from sea.errors import BadInputError, UnavailableError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "0001_first.sql").write_text(
        (MIGRATIONS / "0001_first.sql").read_text("utf-8"), "utf-8"
    )
    for file in sorted(MIGRATIONS.glob("*.sql"))[1:]:
        (tmp_path / file.name).write_text(file.read_text("utf-8"), "utf-8")
    return tmp_path


async def test_each_file_runs_once_and_in_order(database_url, folder):
    (folder / "0900_b.sql").write_text("INSERT INTO made VALUES (2);")
    (folder / "0800_a.sql").write_text("CREATE TABLE made (n int); INSERT INTO made VALUES (1);")
    assert await migrate(database_url, folder) == ["0800_a.sql", "0900_b.sql"]
    assert await migrate(database_url, folder) == []
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("SELECT array_agg(n ORDER BY n) FROM made") == [1, 2]
    await connection.close()


async def test_two_services_that_start_together_migrate_once(database_url, folder):
    (folder / "0800_a.sql").write_text("CREATE TABLE made (n int);")
    ran = await asyncio.gather(*(migrate(database_url, folder) for _ in range(4)))
    assert sorted(map(len, ran)) == [0, 0, 0, 1]


async def test_a_file_that_fails_leaves_nothing_behind(database_url, folder):
    (folder / "0800_a.sql").write_text("CREATE TABLE made (n int); SELECT no_such_thing;")
    with pytest.raises(asyncpg.UndefinedColumnError):
        await migrate(database_url, folder)
    (folder / "0800_a.sql").write_text("CREATE TABLE made (n int);")
    assert await migrate(database_url, folder) == ["0800_a.sql"]


async def test_a_file_that_changed_or_went_after_it_ran_is_refused(database_url, folder):
    first = folder / "0001_first.sql"
    text = first.read_text("utf-8")
    first.write_text(text + "\n-- a word more\n", "utf-8")
    with pytest.raises(BadInputError, match="changed"):
        await migrate(database_url, folder)
    first.unlink()
    with pytest.raises(BadInputError, match="not here"):
        await migrate(database_url, folder)


async def test_no_database_is_said_in_one_line():
    with pytest.raises(UnavailableError, match="does not answer"):
        await migrate("postgresql://nobody@127.0.0.1:1/none")
