"""The audit never calls clean what it could not ask about."""

from typing import Any

from tests.house.audit import report


def test_a_known_hole_fails_and_is_named(capsys):
    told: list[dict[str, Any]] = [
        {"name": "x", "version": "1", "vulns": [{"id": "PYSEC-1"}]},
        {"name": "y", "version": "2", "vulns": []},
    ]
    assert report(told) == 1
    assert "x 1: PYSEC-1" in capsys.readouterr().out


def test_without_holes_it_says_how_many_it_asked_about(capsys):
    assert report([{"name": "y", "version": "2", "vulns": []}, {"name": "z", "skip_reason": "not found"}]) == 0
    assert "1 libraries audited, 0 known holes, 1 not asked about" in capsys.readouterr().out


def test_where_nothing_could_be_asked_it_does_not_say_that_all_is_well(capsys):
    assert report([{"name": "z", "skip_reason": "not found"}]) == 0
    said = capsys.readouterr().out
    assert said.startswith("not audited")
    assert "audited," not in said
