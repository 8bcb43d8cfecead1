"""HEAD, for monitors and calendars that look before they load: answered as the GET would be. uvicorn leaves the body out."""

from collections.abc import Awaitable

from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send


def as_get(app: ASGIApp) -> ASGIApp:
    """Around the whole app, since its router knows no HEAD. The scope is a new one: by its own uvicorn knows what was asked."""

    def answering(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == ScopeType.HTTP and scope["method"] == HttpMethod.HEAD:
            scope = scope | {"method": "GET"}
        return app(scope, receive, send)

    return answering
