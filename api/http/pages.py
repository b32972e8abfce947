"""What a browser opens: the built page, the sign-in link, and the API described for people."""

import base64
import hashlib
from html import escape
from pathlib import Path
from typing import Any

from aiohttp import web

from api import store_keys
from api.auth import presented, presented_link, sign_in
from api.http.auditing import deed
from api.http.context import CONTEXT, check_locked_out, note_guess, principal_of
from api.http.problem import NotSignedInError
from api.http.registry import NoParams, Operation, Params
from api.http.routes_node import DESCRIPTION

DIST = Path(__file__).parents[1] / "page" / "dist"
PAGE = web.AppKey("page", Path)

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:3rem auto;padding:0 1rem;"
    "color:#1b2733;background:#f6f8fa}"
    "code,td:first-child{font-family:ui-monospace,monospace}"
    "table{border-collapse:collapse;width:100%}"
    "td,th{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;"
    "border-bottom:1px solid #d5dde5}"
    "@media(prefers-color-scheme:dark){body{color:#d5dde5;background:#10171e}"
    "td,th{border-color:#2b3947}}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_FOREVER = "public, max-age=31536000, immutable"


def page_routes() -> list[web.RouteDef]:
    """The built page's routes; they are open, as they hold nothing but code."""
    return [
        web.get("/", _index),
        web.get("/assets/{name:.+}", _asset),
        web.get("/{name:[^/]+\\.(?:svg|ico|png|webmanifest|js|css|json)}", _root_file),
    ]


async def _index(request: web.Request) -> web.StreamResponse:
    index = request.app[PAGE] / "index.html"
    if not index.is_file():
        return html_page(
            "The page is not built",
            "<p>Run <code>make page</code> and reload. The API works without it: "
            '<a href="/docs">/docs</a>.</p>',
            status=503,
        )
    return web.FileResponse(index, headers={"Cache-Control": "no-cache"})


async def _asset(request: web.Request) -> web.StreamResponse:
    return _file(request, request.app[PAGE] / "assets", cache=_FOREVER)


async def _root_file(request: web.Request) -> web.StreamResponse:
    return _file(request, request.app[PAGE], cache="no-cache")


def _file(request: web.Request, folder: Path, *, cache: str) -> web.StreamResponse:
    folder = folder.resolve()
    file = (folder / request.match_info["name"].replace("\0", "")).resolve()
    if not file.is_relative_to(folder) or not file.is_file():
        raise web.HTTPNotFound
    return web.FileResponse(file, headers={"Cache-Control": cache})


class SignInQuery(Params):
    """The link's secret."""

    token: str


async def open_link(request: web.Request, asked: SignInQuery) -> web.Response:
    """The page, with a session; the link is spent."""
    context = request.app[CONTEXT]
    hours, brought = context.settings.session_h, presented_link(asked.token)
    check_locked_out(request, brought)
    try:
        session = await sign_in(
            context.database, asked.token, hours=hours,
            deed=lambda by: deed(request, "sign_in", by=by, status=303),
        )  # fmt: skip
    except NotSignedInError:
        note_guess(request, brought)
        return html_page(
            "This link is used up",
            "<p>A sign-in link works once and for a limited time. If you are signed in already, "
            '<a href="/">go on to the page</a>. Otherwise ask whoever runs this node for a new '
            "one: <code>safepassage keys link</code> prints it.</p>",
            status=401,
        )
    response = web.Response(status=303, headers={"Location": "/", "Cache-Control": "no-store"})
    response.set_cookie(
        context.cookie,
        session,
        max_age=int(hours * 3600),
        path="/",
        secure=context.secure,
        httponly=True,
        samesite="Strict",
    )
    return response


async def sign_out(request: web.Request, _: NoParams) -> web.Response:
    """Nothing; the session that asked is over, and the browser is told to forget the page."""
    context = request.app[CONTEXT]
    if principal_of(request).credential == "session":
        brought = presented(request, context.cookie)
        assert brought is not None  # it was admitted by it
        await store_keys.end_session(context.database, brought[0])
    response = web.Response(status=204, headers={"Clear-Site-Data": '"cache", "storage"'})
    response.del_cookie(
        context.cookie, path="/", secure=context.secure, httponly=True, samesite="Strict"
    )
    return response


async def docs(request: web.Request, _: NoParams) -> web.Response:
    """The operations as a page for people."""
    rows = [
        f"<tr><td>{method.upper()} {escape(path)}</td><td>{escape(entry['summary'])}"
        f"{_parameter_list(entry['parameters'])}</td></tr>"
        for path, entries in request.app[DESCRIPTION]["paths"].items()
        for method, entry in entries.items()
    ]
    return html_page(
        "Safe Passage API",
        "<p>Send <code>Authorization: Bearer sp_…</code> "
        "(<code>safepassage keys create</code> makes a key). Errors are "
        "<code>application/problem+json</code>. "
        'Machines read <a href="/openapi.json">/openapi.json</a>.</p>'
        f"<table><tbody>{''.join(rows)}</tbody></table>",
    )


def _parameter_list(parameters: list[dict[str, Any]]) -> str:
    names = (f"<code>{escape(p['name'])}</code>" for p in parameters if p["in"] == "query")
    listed = ", ".join(names)
    return f"<br>{listed}" if listed else ""


def html_page(title: str, body: str, *, status: int = 200) -> web.Response:
    """A small page that stands alone; `body` is HTML."""
    text = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
        f"<h1>{escape(title)}</h1>{body}</html>"
    )
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
    return web.Response(text=text, status=status, content_type="text/html", headers=headers)


OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        path="/sign-in",
        summary="Turns a sign-in link into the page's session",
        tag="node",
        handle=open_link,
        params=SignInQuery,
        media=("text/html",),
        access="anyone",
        success=303,
    ),
    Operation(
        path="/v1/sign-out",
        summary="Ends the session that asks",
        tag="node",
        handle=sign_out,
        params=NoParams,
        media=(),
        method="POST",
        success=204,
        scope="read",
    ),
    Operation(
        path="/docs",
        audited=False,
        summary="This page",
        tag="node",
        handle=docs,
        params=NoParams,
        media=("text/html",),
    ),
)
