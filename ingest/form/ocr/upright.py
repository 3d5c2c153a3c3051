"""Pictures straightened: the paper cut out of a photograph, sideways pages turned, skewed lines levelled."""

import cv2
import numpy as np

from ingest.form.ocr.raster import A4, POINT, Grey, Places, Raster, ink_of

_SEEN = (0.2, 0.97)  # share of the photograph that a sheet of paper may fill
_SKEW = 7.0  # degrees
_SMALL = 900  # pixels of the longer side, for measuring


def cut_out(raster: Raster) -> Raster:
    """The sheet of paper of a photograph as if it lay flat; the picture as it is when no sheet stands out."""
    corners = _corners(raster.grey)
    if corners is None:
        return raster
    top, right, bottom, left = (float(np.linalg.norm(corners[i] - corners[(i + 1) % 4])) for i in range(4))
    wide, high = max(top, bottom), max(left, right)
    ratio = A4[1] / A4[0]
    if not 0.75 < max(wide, high) / max(min(wide, high), 1) / ratio < 1.3:
        return raster
    short, long = round(A4[0] * POINT), round(A4[1] * POINT)
    size = (short, long) if high >= wide else (long, short)
    target = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    flat = cv2.warpPerspective(raster.grey, matrix, size, flags=cv2.INTER_AREA, borderValue=255)
    return Raster(np.asarray(flat, np.uint8), 1 / POINT, raster.photo)


def _corners(grey: Grey) -> Places | None:
    """Top left, top right, bottom right, bottom left of the sheet, in pixels."""
    scale = _SMALL / max(grey.shape)
    small = cv2.GaussianBlur(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), (7, 7), 0)
    _, bright = cv2.threshold(small, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    bright = cv2.morphologyEx(bright, cv2.MORPH_CLOSE, np.ones((25, 25), np.uint8))
    outlines, _ = cv2.findContours(bright, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not outlines:
        return None
    outline = cv2.convexHull(max(outlines, key=cv2.contourArea))
    if not _SEEN[0] < cv2.contourArea(outline) / small.size < _SEEN[1]:
        return None
    for step in (0.02, 0.03, 0.05):
        four = cv2.approxPolyDP(outline, step * cv2.arcLength(outline, True), True)
        if len(four) == 4 and cv2.contourArea(four) > 0.93 * cv2.contourArea(outline):
            return _ordered(four.reshape(4, 2) / scale)
    return None


def _ordered(points: Places) -> Places:
    sums, differences = points.sum(axis=1), points[:, 1] - points[:, 0]
    return points[[sums.argmin(), differences.argmin(), sums.argmax(), differences.argmax()]]


def is_sideways(grey: Grey) -> bool:
    """Whether the lines of text run from top to bottom."""
    ink = _measured(grey)
    return _sharpest(np.ascontiguousarray(ink.T)) > 1.15 * _sharpest(ink)


def _sharpest(ink: Grey) -> float:
    """The sharpness at the best of a few degrees: a sheet laid askew has blurred lines either way."""
    return max(_sharpness(_turned(ink, angle, 0)) for angle in np.arange(-_SKEW, _SKEW + 0.1, 1.0))


def levelled(grey: Grey) -> Grey:
    """The picture turned by the few degrees that make its lines of text horizontal."""
    ink = _measured(grey)
    coarse = max(np.arange(-_SKEW, _SKEW + 0.1, 0.5), key=lambda angle: _sharpness(_turned(ink, angle, 0)))
    angle = max(np.arange(coarse - 0.5, coarse + 0.51, 0.1), key=lambda angle: _sharpness(_turned(ink, angle, 0)))
    return grey if abs(angle) < 0.1 else _turned(grey, float(angle), 255)


def _measured(grey: Grey) -> Grey:
    """The ink of a small copy, without long dark areas such as the table under the sheet."""
    scale = min(1.0, 2 * _SMALL / max(grey.shape))
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    ink = ink_of(np.asarray(small, np.uint8))
    solid = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((25, 25), np.uint8))
    return np.asarray(ink * (1 - solid), np.uint8)


def _sharpness(ink: Grey) -> float:
    """How unevenly ink is spread over the rows: greatest when rows are lines of text and the gaps between them."""
    rows = ink.sum(axis=1, dtype=np.float64)
    return float(np.square(np.diff(rows)).sum() / max(rows.sum(), 1.0))


def _turned(picture: Grey, angle: float, border: int) -> Grey:
    height, width = picture.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1)
    how = cv2.INTER_CUBIC if border else cv2.INTER_NEAREST
    return np.asarray(cv2.warpAffine(picture, matrix, (width, height), flags=how, borderValue=border), np.uint8)
