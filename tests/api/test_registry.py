import re
from pathlib import Path

import pytest

from api.http.application import OPERATIONS
from api.http.params import read_cursor, write_cursor
from api.http.registry import NoParams, Operation, Params, openapi
from sea.errors import BadInputError


@pytest.fixture(scope="module")
def document():
    return openapi(OPERATIONS, title="t", version="1")


def references(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_reference_of_the_document_leads_somewhere(document):
    schemas = document["components"]["schemas"]
    found = set(references(document))
    assert found
    assert all(ref.rpartition("/")[2] in schemas for ref in found)


def test_every_parameter_of_a_path_is_declared_and_required(document):
    for path, entries in document["paths"].items():
        for entry in entries.values():
            declared = {p["name"] for p in entry["parameters"] if p["in"] == "path"}
            assert declared == set(re.findall(r"{(\w+)}", path))
            assert all(p["required"] for p in entry["parameters"] if p["in"] == "path")


def test_parameters_go_by_the_names_that_are_sent(document):
    entry = document["paths"]["/v1/vessels/{mmsi}/track"]["get"]
    assert {p["name"] for p in entry["parameters"]} == {"mmsi", "from", "to", "format"}


def test_only_what_is_open_is_described_as_open(document):
    unlocked = {
        path
        for path, entries in document["paths"].items()
        if any(e.get("security") == [] for e in entries.values())
    }
    assert unlocked == {"/healthz", "/sign-in"}


def test_an_operation_needs_a_key_unless_it_says_otherwise():
    async def handle(_request, _asked: Params):
        return {}

    operation = Operation(path="/x", summary="", tag="", handle=handle, params=NoParams)
    assert operation.access == "key"


def test_a_cursor_comes_back_as_it_was_and_a_foreign_one_is_refused():
    place = (3, 1, 0.0625, 40.0, -200000001)
    kind = tuple[int, int, float, float, int]
    assert read_cursor(write_cursor(place), kind) == place
    assert write_cursor(None) is None
    for text in ("", "!", "e30", write_cursor(("a", "b")), write_cursor((1, 1, 0.0, 0.0, "\0"))):
        with pytest.raises(BadInputError):
            read_cursor(text, kind)


def test_the_docs_name_every_operation_and_its_parameters():
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")
    for operation in OPERATIONS:
        assert f"| `{operation.path}` |" in text
        row = next(r for r in text.splitlines() if r.startswith(f"| `{operation.path}` |"))
        described = row + text if operation.path == "/v1/live" else row
        for name, field in operation.params.model_fields.items():
            if name not in operation.in_path:
                assert (field.alias or name) in described, (operation.path, name)
