"""What contexts do when something happened in another one."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from server.kernel.work import Work

Reaction = Callable[[Work, Mapping[int, Any]], Awaitable[None]]
"""To events of one type, each by its number, in the transaction in which they count as delivered. All that are due come together, so
that what they ask can be asked once; one that comes again is to do no more than one that comes once."""
Reactions = Mapping[type[Any], Reaction]
"""Type of event → what is done about it."""


def each(react: Callable[[Work, Any], Awaitable[None]]) -> Reaction:
    """One after the other, where they are rare and ask nothing that could be asked together."""

    async def reaction(work: Work, events: Mapping[int, Any]) -> None:
        for event in events.values():
            await react(work, event)

    return reaction
