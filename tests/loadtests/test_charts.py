"""Charts and goals say what was measured."""

from xml.etree import ElementTree

import pytest

from loadtests.compare.charts import bars, glance
from loadtests.compare.chat import goals_of, rounds_table
from loadtests.compare.goals import at_least, at_most
from loadtests.compare.rounds import Round

SVG = "{http://www.w3.org/2000/svg}"


def test_bars_are_as_long_as_their_values_and_the_text_is_well_formed() -> None:
    root = ElementTree.fromstring(bars("a < b", "x", {"64 × 1": {"Fuuro": 200.0, "other": 100.0}}))
    widths = [float(rect.attrib["width"]) for rect in root.iter(f"{SVG}rect")]
    assert widths[0] == 2 * widths[1]


def test_logarithmic_bars_grow_by_the_same_for_the_same_factor_and_the_smallest_is_seen() -> None:
    root = ElementTree.fromstring(bars("a", "ms", {"": {"a": 1.0, "b": 10.0, "c": 100.0}}, logarithmic=True))
    first, second, third = (float(rect.attrib["width"]) for rect in root.iter(f"{SVG}rect"))
    assert first > 10
    assert third - second == pytest.approx(second - first, abs=0.2)


def test_at_a_glance_a_goal_that_holds_lies_right_of_the_line_and_is_filled() -> None:
    goals = [at_least("twice", 1, 2, "×"), at_most("half & fine", 10, 5, "ms"), at_most("thrice too much", 1, 3, "ms")]
    nothing = glance("all", [at_most("less than nothing", 2, -0.05, "ms"), at_least("nothing at all", 2, 0, "×")])
    assert "∞" in nothing and "0.00 ×" in nothing
    root = ElementTree.fromstring(glance("all", goals))
    line = next(root.iter(f"{SVG}line")).attrib["x1"]
    dots = [(float(dot.attrib["cx"]) > float(line), dot.attrib["fill"] != "none") for dot in root.iter(f"{SVG}circle")]
    assert dots == [(True, True), (True, True), (False, False)]
    assert "3.00 ×" not in "".join(root.itertext()), "a third of what was asked, not three times"


def test_at_a_glance_the_longest_name_has_its_place() -> None:
    name = "search among 10,000 casts, the slowest (all but status), p99"
    root = ElementTree.fromstring(glance("all", [at_most(name, 25, 20, "ms"), at_most("short", 1, 1, "ms")]))
    ends = {text.text: float(text.attrib["x"]) for text in root.iter(f"{SVG}text") if text.get("text-anchor") == "end"}
    assert ends[name] == ends["short"] > 6.5 * len(name)


@pytest.mark.parametrize(("measured", "holds"), [(1.99, False), (2.0, True), (2.01, True)])
def test_a_goal_says_what_was_wanted_and_measured(measured: float, holds: bool) -> None:
    goal = at_least("chat", 2, measured, "× the peer")
    assert (goal.wanted, goal.measured, goal.holds) == ("≥ 2 × the peer", f"{measured:.2f} × the peer", holds)
    assert at_most("chat", 2, measured, "ms").holds == (measured <= 2)


def rounds(ours: float) -> list[Round]:
    return [
        Round("64 × 4", server, speed, 1.0, 1.0, 0.1, 50.0, 40.0)
        for speed_of_ours in (ours, ours, 10_000.0)
        for server, speed in (("Fuuro", speed_of_ours), ("Socket.IO + pg", 100.0))
    ]


def test_a_goal_is_judged_by_the_median_of_neighbouring_ratios() -> None:
    assert [goal.verdict for goal in goals_of(rounds(279))] == ["DOES NOT HOLD", "not measured"]
    assert [goal.verdict for goal in goals_of(rounds(281))] == ["holds", "not measured"]
    assert "2.81, 2.81, 100.00" in rounds_table(rounds(281))


def test_a_peer_that_is_not_there_for_a_load_leaves_its_line_out_and_its_goal_open() -> None:
    there, away = rounds(200.0), [Round("64 × 1", "Fuuro", 100.0, 1.0, 1.0, 0.1, 50.0, 40.0)]
    table = rounds_table([*there, *away])
    assert table.count("Socket.IO + pg") == 1
    assert {goal.work: goal.verdict for goal in goals_of([*there, *away]) if "Socket.IO" in goal.wanted} == {
        "chat 64 × 4": "DOES NOT HOLD",
        "chat 64 × 1": "not measured",
    }
