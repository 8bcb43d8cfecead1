"""Charts of what `bin/bench` found, as SVG that reads on light and dark pages."""

import math
from collections.abc import Mapping, Sequence
from html import escape

from loadtests.compare.goals import Goal
from loadtests.compare.tables import figure

WIDTH, LEFT, BAR, GAP, GROUP = 720, 290, 18, 4, 18
COLOURS = ("#a4262c", "#6b7a8f", "#a07a1f", "#4d6b43", "#7b5ea7", "#2f6f7d")
"""each at least 3:1 on white and on near-black."""
INK = (
    "text { font: 13px system-ui, sans-serif; fill: #16130f } line { stroke: #16130f } .soft { opacity: .55 } .small { font-size: 12px } "
    "@media (prefers-color-scheme: dark) { text { fill: #efe8da } line { stroke: #efe8da } }"
)
LETTER = 6.6
"""of a small text, in the widest of the fonts that a system may have."""
REACH = 3
"""the glance's axis goes from 1/8 to 8 times what was asked: so many doublings each way."""


def bars(title: str, unit: str, groups: Mapping[str, Mapping[str, float]], logarithmic: bool = False) -> str:
    """Horizontal bars: group → name → value."""
    values = [value for each in groups.values() for value in each.values()]
    most, least = max(values), min(values)
    names = list(dict.fromkeys(name for each in groups.values() for name in each))
    y, drawn = 34, []
    for group, each in groups.items():
        for name, value in each.items():
            share = math.log(2 * value / least) / math.log(2 * most / least) if logarithmic else value / most
            length = (WIDTH - LEFT - 90) * share
            colour = COLOURS[names.index(name) % len(COLOURS)]
            drawn.append(f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(f"{group}  {name}")}</text>')
            drawn.append(f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" rx="2" fill="{colour}"/>')
            drawn.append(f'<text x="{LEFT + length + 6:.1f}" y="{y + 14}">{figure(value)}</text>')
            y += BAR + GAP
        y += GROUP
    return _drawing(title, f"{unit}, bars logarithmic" if logarithmic else unit, y, drawn)


def glance(title: str, goals: Sequence[Goal]) -> str:
    """Each goal as a dot: right of the line it holds, and so many times over; left of it a ring, and so far off."""
    measured = [(goal, goal.value) for goal in goals if goal.value is not None]
    left, right = 20 + LETTER * max((len(_named(goal)) for goal, _ in measured), default=0), WIDTH - 62
    middle = (left + right) / 2
    bottom = 34 + 24 * len(measured)
    drawn = [f'<line x1="{middle}" x2="{middle}" y1="28" y2="{bottom}" stroke-width="1.5"/>']
    for n, (goal, value) in enumerate(measured):
        y = 44 + 24 * n
        times = value / goal.limit if goal.least else goal.limit / value if value > 0 else math.inf
        x = middle + (right - left) / 2 * max(-1.0, min(1.0, math.log2(times) / REACH if times > 0 else -1.0))
        colour = COLOURS[3] if goal.holds else COLOURS[0]
        inside = colour if goal.holds else "none"
        drawn += [
            f'<text x="{left - 12}" y="{y + 4}" text-anchor="end" class="small">{escape(_named(goal))}</text>',
            f'<line x1="{left}" x2="{right}" y1="{y}" y2="{y}" class="soft" stroke-width=".5" stroke-dasharray="1 5"/>',
            f'<circle cx="{x:.1f}" cy="{y}" r="5.5" fill="{inside}" stroke="{colour}" stroke-width="2.5"/>',
            f'<text x="{right + 10}" y="{y + 4}">{"∞" if times == math.inf else escape(f"{figure(times)} ×")}</text>',
        ]
    words = "dots right of the line: the goal holds, so many times over; rings left of it: it does not"
    drawn.append(f'<text x="8" y="{bottom + 18}" class="soft">{words}</text>')
    return _drawing(title, "1/8 to 8 times what was asked, logarithmic", bottom + 28, drawn)


def _named(goal: Goal) -> str:
    """Its work, and beside whom."""
    beside = goal.unit.removeprefix("× ") if goal.unit.startswith("× ") else ""
    return f"{goal.work} beside {beside}" if beside and not beside.startswith(("among", "apart")) else goal.work


def _drawing(title: str, unit: str, height: float, drawn: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">'
    caption = f'<text x="8" y="20" font-weight="600">{escape(title)} ({escape(unit)})</text>'
    return "\n".join([head, f"<style>{INK}</style>", caption, *drawn, "</svg>"]) + "\n"
