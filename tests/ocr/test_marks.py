"""Rules, dots and boxes are found in the ink, and the letters that stand on them keep theirs."""

import random

import cv2
import numpy as np
import pytest

from ingest.form.ocr.marks import marks_in
from ingest.form.ocr.raster import POINT, Raster, ink_of, sized, whitened
from ingest.form.ocr.unread import marks_beside, unread_on
from ingest.form.ocr.upright import is_sideways, levelled
from tests.corpus.scans import drawn, scanned
from tests.corpus.variants import generate

PAPER = (400, 900)


def paper() -> np.ndarray:
    return np.full(PAPER, 255, np.uint8)


def a_box(page: np.ndarray, x: int, y: int, side: int = 26) -> None:
    cv2.rectangle(page, (x, y), (x + side, y + side), 0, 2)


def a_cross(page: np.ndarray, x: int, y: int, side: int = 26) -> None:
    cv2.line(page, (x - 2, y - 2), (x + side + 2, y + side + 2), 0, 2)
    cv2.line(page, (x - 2, y + side + 2), (x + side + 2, y - 2), 0, 2)


def a_tick(page: np.ndarray, x: int, y: int, side: int = 26) -> None:
    cv2.line(page, (x + 4, y + 14), (x + 11, y + side - 3), 0, 3)
    cv2.line(page, (x + 11, y + side - 3), (x + side + 4, y - 4), 0, 3)


def states(page: np.ndarray) -> list[bool]:
    return [square.on for square in sorted(marks_in(page).squares, key=lambda square: square.bounds[0])]


@pytest.mark.parametrize("mark", [a_cross, a_tick])
def test_a_marked_box_is_ticked_and_its_neighbours_are_not(mark):
    page = paper()
    for at in range(5):
        a_box(page, 60 + 120 * at, 100)
    mark(page, 60 + 120 * 2, 100)

    assert states(page) == [False, False, True, False, False]


def test_a_blackened_box_is_ticked():
    page = paper()
    a_box(page, 60, 100)
    cv2.rectangle(page, (200, 100), (226, 126), 0, -1)

    assert states(page) == [False, True]


def test_a_box_with_a_little_ink_is_read_with_doubt():
    page = paper()
    for at in range(5):
        a_box(page, 60 + 120 * at, 100)
    cv2.rectangle(page, (70, 110), (72, 112), 0, -1)

    doubtful, *others = sorted(marks_in(page).squares, key=lambda square: square.bounds[0])

    assert doubtful.sure == 0.5
    assert all(other.sure > 0.9 and not other.on for other in others)


def test_letters_are_no_boxes():
    page = paper()
    cv2.putText(page, "ODV D.O.C. ALLEGATO", (40, 120), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 0, 3)

    assert marks_in(page).squares == ()


def test_capitals_of_the_form_are_no_boxes_beside_boxes_of_their_size():
    page = drawn(generate("flat-check", 100).content)[1]

    assert {round((square.bounds[2] - square.bounds[0]) / 4) for square in marks_in(page).squares} <= {4, 5, 6}
    assert all(square.bounds[0] < 1500 for square in marks_in(page).squares)


def test_a_cross_without_a_box_before_a_label_is_seen():
    page = paper()
    a_cross(page, 100, 100, 20)
    a_cross(page, 600, 300, 20)  # far from every word
    label = (135 / POINT, 100 / POINT, 300 / POINT, 122 / POINT)

    assert [bounds[0] // 10 for bounds in marks_beside([label], ink_of(page))] == [9]


def test_what_stands_on_a_rule_and_is_no_word_is_unread():
    page = paper()
    cv2.putText(page, "Rossi", (60, 118), cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, 1.0, 0, 2)
    rule = (40, 120, 500, 122)
    word = (50 / POINT, 85 / POINT, 200 / POINT, 125 / POINT)

    assert len(unread_on([rule], [], ink_of(page))) == 1
    assert unread_on([rule], [word], ink_of(page)) == []


def test_a_row_of_equal_frames_is_a_place_for_letters_not_boxes_to_tick():
    page = paper()
    for at in range(11):
        a_box(page, 60 + 28 * at, 100, 28)

    assert marks_in(page).squares == ()


def test_a_rule_is_wiped_and_the_letters_on_it_stay():
    page, lone = paper(), paper()
    for sheet in (page, lone):
        cv2.putText(sheet, "Rossi", (60, 118), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 0, 2)
    cv2.line(page, (40, 124), (700, 124), 0, 2)

    found = marks_in(page)

    assert len(found.rules) == 1
    assert found.rules[0][0] <= 42
    assert found.rules[0][2] >= 698
    assert int((found.clean < 128).sum()) == pytest.approx(int((lone < 128).sum()), rel=0.05)


def test_dots_in_even_steps_are_a_leader_and_full_stops_are_not():
    page = paper()
    for x in range(60, 420, 8):
        cv2.circle(page, (x, 120), 1, 0, -1)
    for x in (500, 560, 655):
        cv2.circle(page, (x, 120), 1, 0, -1)

    found = marks_in(page)

    assert len(found.dotted) == 1
    assert found.dotted[0][0] < 62
    assert 410 < found.dotted[0][2] < 430
    assert int((found.clean[110:130, 490:670] < 128).sum()) > 0


@pytest.mark.parametrize("angle", [-4.0, 2.5])
def test_a_skewed_page_is_levelled(angle):
    page = drawn(generate("flat-rule", 3).content)[0]
    height, width = page.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1)
    skewed = np.asarray(cv2.warpAffine(page, turn, (width, height), borderValue=255), np.uint8)

    assert len(marks_in(levelled(skewed)).rules) >= 15


def test_a_page_on_its_side_is_known_by_its_lines():
    page = drawn(generate("flat-rule", 3).content)[0]

    assert not is_sideways(page)
    assert is_sideways(np.ascontiguousarray(np.rot90(page)))


def test_a_scan_shows_all_boxes_of_the_form_and_only_the_ticked_ones_as_ticked():
    sample = generate("flat-above", 5)
    page = scanned(drawn(sample.content)[0], random.Random(5))

    squares = marks_in(levelled(whitened(page))).squares

    assert len(squares) == len(marks_in(drawn(sample.content)[0]).squares) >= 30
    assert [s.on for s in squares] == [s.on for s in marks_in(drawn(sample.content)[0]).squares]
    assert 3 <= sum(s.on for s in squares) <= 12


def test_pixels_become_two_hundred_to_the_inch():
    grey = np.full((1170, 827), 255, np.uint8)

    assert sized(Raster(grey, 842 / 1170)).grey.shape == (2339, 1653)


def test_a_rule_at_the_very_edge_has_nothing_unread_on_it():
    page = paper()
    assert unread_on([(0, 0, 0, 2), (PAPER[1], 10, PAPER[1] + 5, 12)], [], ink_of(page)) == []


def test_the_feet_of_letters_run_together_are_no_rule_and_a_short_place_to_write_is_one():
    page = paper()
    for x in range(60, 120, 20):  # "zzz": each foot touches the next
        cv2.line(page, (x, 100), (x + 20, 100), 0, 2)
        cv2.line(page, (x, 100), (x + 20, 88), 0, 2)
        cv2.line(page, (x, 88), (x + 20, 88), 0, 2)
    cv2.line(page, (300, 100), (360, 100), 0, 2)
    cv2.putText(page, "MI", (312, 96), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 0, 2)

    assert [rule[0] // 10 for rule in marks_in(page).rules] == [30]
