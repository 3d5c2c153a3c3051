"""Samples as they come out of scanners and telephones: drawn, skewed, dirtied, compressed, photographed.

All of it from a seed, so that a figure can be measured again.
"""

import io
import random

import cv2
import numpy as np
import pypdfium2 as pdfium
from PIL import Image


def drawn(content: bytes, dpi: int = 200) -> list[np.ndarray]:
    """The pages of a PDF in grey."""
    document = pdfium.PdfDocument(content)
    document.init_forms()
    pictures = []
    for page in document:
        grey = page.render(scale=dpi / 72, grayscale=True, may_draw_forms=True).to_numpy()
        pictures.append(grey.reshape(grey.shape[:2]).copy())
        page.close()
    document.close()
    return pictures


def scanned(picture: np.ndarray, rng: random.Random, *, skew: float = 1.5, noise: float = 8.0) -> np.ndarray:
    """A page laid a little askew on the glass of an ordinary scanner."""
    height, width = picture.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-skew, skew), 1)
    page = cv2.warpAffine(picture, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=255)
    page = cv2.GaussianBlur(page, (3, 3), rng.uniform(0.3, 0.7))
    grain = np.random.default_rng(rng.randrange(2**32)).normal(0, noise, page.shape)
    return np.asarray(np.clip(page * 0.93 + 8 + grain, 0, 255), np.uint8)


def faxed(picture: np.ndarray, rng: random.Random) -> np.ndarray:
    """Black and white only, at 200 dpi, with specks."""
    page = scanned(picture, rng, skew=1.0, noise=20.0)
    black = np.where(page < 150, 0, 255).astype(np.uint8)
    specks = np.random.default_rng(rng.randrange(2**32)).random(page.shape) < 0.0004
    return np.where(specks, 0, black).astype(np.uint8)


def photographed(picture: np.ndarray, rng: random.Random) -> np.ndarray:
    """A sheet on a dark table, seen from one side, with a shadow across it."""
    height, width = picture.shape
    margin = int(width * 0.08)
    canvas = (width + 2 * margin, height + 2 * margin)

    def away(x: float, y: float) -> list[float]:
        reach = width * 0.035
        return [x + margin + rng.uniform(-reach, reach), y + margin + rng.uniform(-reach, reach)]

    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    seen = np.array([away(*corner) for corner in corners], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, seen)
    photo = cv2.warpPerspective(picture, matrix, canvas, flags=cv2.INTER_AREA, borderValue=70)
    across = np.linspace(rng.uniform(0.6, 0.8), 1.0, canvas[0])[None, :]
    down = np.linspace(1.0, rng.uniform(0.75, 0.95), canvas[1])[:, None]
    grain = np.random.default_rng(rng.randrange(2**32)).normal(0, 5, photo.shape)
    return np.clip(cv2.GaussianBlur(photo, (3, 3), 0.6) * across * down + grain, 0, 255).astype(np.uint8)


def as_pdf(pictures: list[np.ndarray], quality: int = 75) -> bytes:
    """A PDF of pictures, as scanners write it."""
    images = [Image.fromarray(picture) for picture in pictures]
    target = io.BytesIO()
    images[0].save(target, "PDF", save_all=True, append_images=images[1:], resolution=200, quality=quality)
    return target.getvalue()


def as_jpeg(picture: np.ndarray, quality: int = 80, orientation: int = 1) -> bytes:
    """A JPEG; `orientation`: what the telephone notes in its EXIF (1 upright, 6 to be turned clockwise)."""
    target = io.BytesIO()
    image = Image.fromarray(picture)
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(target, "JPEG", quality=quality, exif=exif)
    return target.getvalue()


def as_tiff(pictures: list[np.ndarray]) -> bytes:
    """A TIFF of several pages in black and white, as fax machines write it."""
    images = [Image.fromarray(picture).convert("1") for picture in pictures]
    target = io.BytesIO()
    images[0].save(target, "TIFF", save_all=True, append_images=images[1:], compression="group4")
    return target.getvalue()
