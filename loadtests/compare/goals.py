"""What was asked of the speed, and whether a run shows it."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from loadtests.compare.tables import figure, print_table


class Goal(Struct, frozen=True):
    """`value` of `unit` was measured (None: could not be), where at most (`least`: at least) `limit` was wanted."""

    work: str
    limit: float
    value: float | None
    unit: str
    least: bool

    @property
    def wanted(self) -> str:
        return f"{'≥' if self.least else '≤'} {self.limit:,g} {self.unit}"

    @property
    def measured(self) -> str:
        return "" if self.value is None else f"{figure(self.value)} {self.unit}"

    @property
    def holds(self) -> bool:
        return self.value is not None and (self.value >= self.limit if self.least else self.value <= self.limit)

    @property
    def verdict(self) -> str:
        return "not measured" if self.value is None else "holds" if self.holds else "DOES NOT HOLD"


class Found(Struct, frozen=True):
    """What a measure found: its goals, and the figures behind them."""

    goals: list[Goal]
    figures: dict[str, Any]


def at_least(work: str, wanted: float, measured: float | None, unit: str) -> Goal:
    return Goal(work, wanted, measured, unit, least=True)


def at_most(work: str, wanted: float, measured: float, unit: str) -> Goal:
    return Goal(work, wanted, measured, unit, least=False)


def print_goals(goals: Sequence[Goal]) -> None:
    """Prints nothing where there are none."""
    if goals:
        print()
        print_table(["work", "goal", "measured", ""], [[g.work, g.wanted, g.measured, g.verdict] for g in goals])
