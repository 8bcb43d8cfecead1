"""Bars of the figures of `bin/bench chat --json`, as SVG that reads on light and dark pages: `python -m loadtests.charts FILE SVG`."""

import json
import statistics
import sys
from html import escape
from pathlib import Path

WIDTH, LEFT, BAR, GAP, GROUP = 720, 210, 18, 4, 18
COLOURS = ("#a4262c", "#6b7a8f", "#a07a1f", "#4d6b43", "#7b5ea7")
"""each at least 3:1 on white and on near-black."""
INK = "text { font: 13px system-ui, sans-serif; fill: #16130f } @media (prefers-color-scheme: dark) { text { fill: #efe8da } }"


def bars(title: str, unit: str, groups: dict[str, dict[str, float]]) -> str:
    """Horizontal bars: group → name → value."""
    most = max(value for values in groups.values() for value in values.values())
    names = list(dict.fromkeys(name for values in groups.values() for name in values))
    y, drawn = 34, []
    for group, values in groups.items():
        for name, value in values.items():
            length = (WIDTH - LEFT - 90) * value / most
            colour = COLOURS[names.index(name) % len(COLOURS)]
            drawn.append(f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(f"{group}  {name}")}</text>')
            drawn.append(f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" rx="2" fill="{colour}"/>')
            drawn.append(f'<text x="{LEFT + length + 6:.1f}" y="{y + 14}">{value:,.0f}</text>')
            y += BAR + GAP
        y += GROUP
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" role="img" aria-label="{escape(title)}">'
    caption = f'<text x="8" y="20" font-weight="600">{escape(title)} ({escape(unit)})</text>'
    return "\n".join([head, f"<style>{INK}</style>", caption, *drawn, "</svg>"]) + "\n"


def speeds(rounds: list[dict[str, object]]) -> dict[str, dict[str, float]]:
    """Median messages a second: load → server."""
    found: dict[str, dict[str, list[float]]] = {}
    for one in rounds:
        found.setdefault(str(one["load"]), {}).setdefault(str(one["server"]), []).append(float(str(one["per_second"])))
    return {load: {name: statistics.median(each) for name, each in of.items()} for load, of in found.items()}


if __name__ == "__main__":
    figures = json.loads(Path(sys.argv[1]).read_text())
    Path(sys.argv[2]).write_text(bars("Durable messages, medians", "messages a second", speeds(figures["rounds"])))
