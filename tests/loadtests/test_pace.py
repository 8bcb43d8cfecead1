"""The machine's own pace, beside what is measured."""

import subprocess
import sys

from loadtests.compare.pace import Lap, slowness
from loadtests.compare.servers import ROOT


def test_the_runner_writes_laps_until_its_stdin_ends() -> None:
    command = [sys.executable, "-m", "loadtests.compare.pace"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as runner:
        assert runner.stdin is not None and runner.stdout is not None
        laps = [Lap(*map(float, runner.stdout.readline().split())) for _ in range(2)]
        runner.stdin.close()
        assert runner.wait(10) == 0
    assert laps[0].at < laps[1].at and all(lap.took > 0 for lap in laps)


def test_slowness_is_that_of_the_span_beside_the_fastest_of_all() -> None:
    laps = [Lap(at, took) for at, took in ((0.0, 1.0), (1.0, 2.0), (2.0, 3.0), (3.0, 4.0))]
    assert slowness(laps, 1.0, 3.0) == 3.0
    assert slowness(laps, 4.0, 5.0) is None
