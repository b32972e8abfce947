"""The registry: one declaration an operation gives its route, its checks and its OpenAPI entry.

An `Operation` names a pydantic model of everything that may come in the path and the query; what
is not in it is refused. The answer's model describes and is held to by tests; it costs nothing
when serving.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

import msgspec
from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.json_schema import models_json_schema

from api.http.problem import MEDIA_TYPE, InvalidRequestError, Problem
from api.policy import Scope

Access = Literal["key", "loopback", "anyone"]
"""Who may call: holders of a key or session; they and this machine itself; everybody."""

_COMPRESS_FROM = 1024
_REF = "#/components/schemas/{model}"


class Params(BaseModel):
    """Path and query parameters of an operation; anything else is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)


class NoParams(Params):
    """An operation that takes none."""


Asked = TypeVar("Asked", bound=Params)
Handler = Callable[[web.Request, Asked], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Generic[Asked]):
    """One operation of the API.

    Attributes:
        path: as aiohttp writes it; names in braces are fields of `params`.
        handle: gives a `web.StreamResponse`, or plain values to be sent as JSON.
        answer: model of that JSON, or None. media: the media types it may answer with.
        body: model of the JSON it takes, see `api.http.bodies`. takes: another media type it takes.
        also: statuses beside `success` that come with the answer's model and not a problem.
        audited: whether who calls it is recorded; only what tells nothing of ships is not.
        scope: what a key must be for, None: `read` for GET, else `write`.
    """

    path: str
    summary: str
    tag: str
    handle: Handler[Asked]
    params: type[Asked]
    answer: type[BaseModel] | None = None
    media: tuple[str, ...] = ("application/json",)
    method: str = "GET"
    access: Access = "key"
    success: int = 200
    also: tuple[int, ...] = ()
    body: type[BaseModel] | None = None
    takes: str | None = None
    audited: bool = True
    scope: Scope | None = None

    @property
    def in_path(self) -> frozenset[str]:
        """Names of the parameters in the path."""
        return frozenset(re.findall(r"{(\w+)}", self.path))

    @property
    def needs(self) -> Scope:
        """The scope that a key must have."""
        return self.scope or ("read" if self.method == "GET" else "write")


OPERATION = web.RequestKey("operation", Operation[Any])
"""The operation that a request is for."""


def routes(
    operations: Sequence[Operation[Any]],
    admit: Callable[[web.Request, Access], Awaitable[None]],
) -> list[web.RouteDef]:
    """Routes of the operations; `admit` raises for who may not call."""
    served = [web.route(o.method, o.path, _endpoint(o, admit)) for o in operations]
    heads = [web.head(o.path, _endpoint(o, admit)) for o in operations if o.method == "GET"]
    return served + heads + _refusals(operations)


def _refusals(operations: Sequence[Operation[Any]]) -> list[web.RouteDef]:
    """Routes that refuse other methods, so that no path with a parameter takes them for its own."""
    known: dict[str, set[str]] = {}
    for operation in operations:
        methods = {operation.method} | ({"HEAD"} if operation.method == "GET" else set())
        known.setdefault(operation.path, set()).update(methods)
    return [
        web.route("*", path, _refuse(sorted(methods)))
        for path, methods in known.items() if "{" not in path
    ]  # fmt: skip


def _refuse(allowed: Sequence[str]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def refuse(request: web.Request) -> web.StreamResponse:
        raise web.HTTPMethodNotAllowed(request.method, allowed)

    return refuse


def _endpoint(
    operation: Operation[Any], admit: Callable[[web.Request, Access], Awaitable[None]]
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def endpoint(request: web.Request) -> web.StreamResponse:
        request[OPERATION] = operation
        await admit(request, operation.access)
        answer = await operation.handle(request, parse(request, operation.params))
        return answer if isinstance(answer, web.StreamResponse) else json_response(answer)

    return endpoint


def json_response(
    body: Any, *, content_type: str = "application/json", status: int = 200
) -> web.Response:
    """The body as JSON, compressed where it is long and the client can read that."""
    encoded = msgspec.json.encode(body)
    response = web.Response(body=encoded, content_type=content_type, status=status)
    if len(encoded) >= _COMPRESS_FROM:
        response.enable_compression()
    return response


def parse(request: web.Request, model: type[Asked]) -> Asked:
    """The request's parameters, checked.

    Raises:
        InvalidRequestError: names every field that is wrong, unknown or given twice.
    """
    given: Mapping[str, str] = {**request.query, **request.match_info}
    twice = sorted({name for name in request.query if len(request.query.getall(name)) > 1})
    if twice:
        raise InvalidRequestError([(name, "is given more than once") for name in twice])
    try:
        return model.model_validate(given)
    except ValidationError as error:
        known = ", ".join(sorted(f.alias or name for name, f in model.model_fields.items()))
        raise InvalidRequestError(
            [refusal(dict(e), known, "request") for e in error.errors(include_context=False)]
        ) from None


def refusal(error: Mapping[str, Any], known: str, whole: str) -> tuple[str, str]:
    """(field, what is wrong) of one of pydantic's errors; `whole` names what has no field."""
    field = ".".join(str(part) for part in error["loc"]) or whole
    if error["type"] == "extra_forbidden":
        return field, f"is not a parameter here; known: {known or 'none'}"
    return field, str(error["msg"]).removeprefix("Value error, ")


def openapi(operations: Sequence[Operation[Any]], *, title: str, version: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the operations."""
    answers = sorted(
        {o.answer for o in operations if o.answer} | {Problem}, key=lambda m: m.__name__
    )
    bodies = sorted({o.body for o in operations if o.body}, key=lambda m: m.__name__)
    _, schemas = models_json_schema(
        [(m, "serialization") for m in answers] + [(m, "validation") for m in bodies],
        ref_template=_REF,
    )
    paths: dict[str, Any] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _entry(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "security": [{"key": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "bearerFormat": "sp_<key>"},
                "session": {"type": "apiKey", "in": "cookie", "name": "sp_session"},
            },
        },
    }


def _entry(operation: Operation[Any]) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    if operation.answer:
        schema = {"schema": {"$ref": _REF.format(model=operation.answer.__name__)}}
    refused = {"description": "refused", "content": {MEDIA_TYPE: {"schema": {
        "$ref": _REF.format(model="Problem")}}}}  # fmt: skip
    statuses = ["422", "503"]
    statuses += ["401", "403", "429"] if operation.access != "anyone" else []
    statuses += ["404"] if operation.access == "key" else []
    statuses += ["408", "409", "413"] if operation.method != "GET" else []
    answered = {
        "description": operation.summary,
        "content": {
            media: schema if "json" in media else {"schema": {"type": "string"}}
            for media in operation.media
        },
    }
    entry: dict[str, Any] = {
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": _parameters(operation),
        "responses": {
            **dict.fromkeys(sorted(statuses), refused),
            **{str(status): answered for status in (operation.success, *operation.also)},
        },
    }
    if operation.access == "anyone":
        entry["security"] = []
    if operation.access == "loopback":
        entry["security"] = [{}, {"key": []}, {"session": []}]
    if operation.body or operation.takes:
        entry |= _taken(operation)
    return entry


def _taken(operation: Operation[Any]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if operation.body:
        schema = {"$ref": _REF.format(model=operation.body.__name__)}
        content["application/json"] = {"schema": schema}
    if operation.takes:
        content[operation.takes] = {"schema": {"type": "string"}}
    return {"requestBody": {"required": True, "content": content}}


def _parameters(operation: Operation[Any]) -> list[dict[str, Any]]:
    schema = operation.params.model_json_schema(by_alias=True)
    required = set(schema.get("required", ()))
    return [
        {
            "name": name,
            "in": "path" if name in operation.in_path else "query",
            "required": name in required,
            **({"description": field.pop("description")} if "description" in field else {}),
            "schema": field,
        }
        for name, field in schema.get("properties", {}).items()
    ]
