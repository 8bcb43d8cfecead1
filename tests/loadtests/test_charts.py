"""Charts and goals say what was measured."""

from xml.etree import ElementTree

from loadtests.charts import bars, speeds
from loadtests.compare.chat import goals_of
from loadtests.compare.rounds import Round


def test_bars_are_as_long_as_their_values_and_the_text_is_well_formed() -> None:
    root = ElementTree.fromstring(bars("a < b", "x", {"64 × 1": {"Fuuro": 200.0, "other": 100.0}}))
    widths = [float(rect.attrib["width"]) for rect in root.iter("{http://www.w3.org/2000/svg}rect")]
    assert widths[0] == 2 * widths[1]


def test_medians_are_taken_over_the_rounds() -> None:
    rounds = [{"load": "1", "server": "s", "per_second": n} for n in (1, 5, 100)]
    assert speeds(rounds) == {"1": {"s": 5.0}}


def test_a_goal_is_judged_by_the_median_of_neighbouring_ratios() -> None:
    def rounds(ours: float) -> list[Round]:
        return [
            Round("64 × 4", server, speed, 1.0, 1.0, 0.1, 50.0)
            for speed_of_ours in (ours, ours, 10_000.0)
            for server, speed in (("Fuuro", speed_of_ours), ("Socket.IO + pg", 100.0))
        ]

    assert [goal.holds for goal in goals_of(rounds(279))] == [False]
    assert [goal.holds for goal in goals_of(rounds(281))] == [True]
