"""What issue after issue asked of the speed, and whether a run shows it: printed as a table at the end of every measure."""

from collections.abc import Sequence

from msgspec import Struct


class Goal(Struct, frozen=True):
    """`wanted` and `measured` as people read them."""

    work: str
    wanted: str
    measured: str
    holds: bool


def at_least(work: str, wanted: float, measured: float, unit: str) -> Goal:
    return Goal(work, f"≥ {wanted:,g} {unit}", f"{_figure(measured)} {unit}", measured >= wanted)


def at_most(work: str, wanted: float, measured: float, unit: str) -> Goal:
    return Goal(work, f"≤ {wanted:,g} {unit}", f"{_figure(measured)} {unit}", measured <= wanted)


def print_goals(goals: Sequence[Goal]) -> None:
    """Prints nothing where there are none."""
    if goals:
        print()
        rows = [[g.work, g.wanted, g.measured, "holds" if g.holds else "DOES NOT HOLD"] for g in goals]
        print_table(["work", "goal", "measured", ""], rows)


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
    """A Markdown table; the columns in `right` lean there."""
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    for row in [heads, ["-" * width for width in widths], *rows]:
        cells = [c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))]
        print(f"| {' | '.join(cells)} |")


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}" if value < 10 else f"{value:.1f}"
