"""What a contest makes of its results."""

import sys
from dataclasses import replace
from pathlib import Path

import learning
import pytest
from contest import Contestant, Ledger, Result, Rules
from folders import SHELF
from learning import forecasts, spread, table
from learning_plot import Line, Panel, draw

RULES = Rules("abc", 100, 2)


def a_result(name: str, *, seed: int, test: float) -> Result:
    """A result that says little more than its name and figure."""
    return Result(
        contestant=name,
        minutes=5.0,
        seed=seed,
        rules=RULES,
        num_parameters=10,
        chars_read=1000,
        train_seconds=10.0,
        points=[(1.0, 4.5), (2.0, 3.0), (9.0, 2.0)],
        val=test - 0.1,
        test=test,
        memory="",
        sample="It was",
        settings={},
        versions={},
        machine={},
        load=(0.1, 0.2),
        commit="abc",
    )


def test_a_spread_is_told_only_of_several_seeds() -> None:
    assert spread([2.0]) == "2.000"
    assert spread([2.0, 1.5, 4.0]) == "2.000 (1.500 to 4.000)"


def test_the_best_on_test_stands_first_and_all_are_compared_with_the_default() -> None:
    contestants = [Contestant("default", "ours", "m", {}), Contestant("other", "theirs", "m", {})]
    results = [a_result("default", seed=0, test=2.0), a_result("other", seed=0, test=1.5)]
    rows = table(results, contestants)[2:]
    assert [row.split(" | ")[0] for row in rows] == ["| theirs", "| ours"]
    assert "| 0.750 |" in rows[0] and "| 1.000 |" in rows[1]


def test_a_plan_is_held_against_what_came_of_it() -> None:
    unplanned = a_result("seed", seed=0, test=2.0)
    planned = replace(unplanned, settings={"plan": {"size": "96x2", "expected": 1.995}})
    assert forecasts([unplanned]) == []
    assert "96x2" in forecasts([unplanned, planned])[1] and "5.0 % too high" in forecasts([planned])[1]


def test_a_contest_goes_on_with_results_of_the_same_rules_only(tmp_path) -> None:
    path = tmp_path / "learning.jsonl"
    ledger = Ledger(path, RULES)
    ledger.add_baselines({"gzip -9": {"val": 3.0, "test": 3.1}})
    ledger.add(a_result("default", seed=0, test=2.0))
    again = Ledger(path, RULES)
    someone = Contestant("default", "ours", "m", {})
    assert again.has(someone, 5.0, 0) and not again.has(someone, 5.0, 1)
    assert again.baselines == ledger.baselines
    assert again.results[0].test == pytest.approx(2.0)
    other = Ledger(path, RULES._replace(threads=1))
    assert not other.results and other.baselines is None


def test_who_does_not_compete_this_time_stays_in_the_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A race of one contestant used to write a table of it alone."""
    competing: list[str] = []
    reported: list[str] = []
    monkeypatch.setattr(learning, "RESULTS", tmp_path)
    monkeypatch.setattr(learning, "let_waiting_threads_sleep", lambda: None)
    monkeypatch.setattr(learning, "use_threads", lambda number: None)
    monkeypatch.setattr(
        learning, "hold", lambda who, *rest, **others: competing.extend(each.name for each in who) or []
    )
    monkeypatch.setattr(
        learning, "report", lambda name, title, ledger, who, *rest, **others: reported.extend(each.name for each in who)
    )
    monkeypatch.setattr(sys, "argv", ["learning.py", str(SHELF), "--only", "default", "--scored-chars", "2000"])
    learning.main()
    assert competing == ["default"]
    assert {"default", "seed", "torch-gru-bf16", "gpt-64"} < set(reported)


def test_a_chart_has_a_line_for_each_seed_and_the_held_out_figure() -> None:
    points = [(1.0, 3.5), (2.0, 3.0), (9.0, 2.0)]
    chart = draw([Panel("5 minutes", [Line("a < b", 0, [points, points], 2.125)])])
    assert chart.count('class="seed"') == 2
    assert "2.125" in chart and "a &lt; b" in chart


def test_a_chart_of_those_who_learned_nothing_can_be_drawn() -> None:
    assert "6.900" in draw([Panel("1 second", [Line("a", 0, [[(1.0, 6.95)]], 6.9)])])
