"""SQL is text: named statements from `sql/queries/<context>.sql`, each under a line `-- name: <name>`."""

from functools import cache

from server.kernel import resources


class Queries:
    """The statements of one context, as attributes: `SQL.room_card`. A missing one fails at import, not at midnight."""

    def __init__(self, context: str, statements: dict[str, bytes]) -> None:
        self._context = context
        self._statements = statements

    def __getattr__(self, name: str) -> bytes:
        try:
            return self._statements[name]
        except KeyError:
            raise AttributeError(f"sql/queries/{self._context}.sql has no statement named {name}") from None

    def names(self) -> list[str]:
        return sorted(self._statements)


@cache
def load(context: str) -> Queries:
    """The statements of `context`. Raises ValueError where a name stands twice."""
    statements: dict[str, bytes] = {}
    text = (resources.sql() / "queries" / f"{context}.sql").read_text("utf-8")
    for part in text.split("-- name: ")[1:]:
        name, _, body = part.partition("\n")
        if name.strip() in statements:
            raise ValueError(f"sql/queries/{context}.sql names {name.strip()} twice")
        lines = [line for line in body.splitlines() if not line.lstrip().startswith("--")]
        statements[name.strip()] = "\n".join(lines).strip().encode()
    return Queries(context, statements)
