"""Format texts and numbers for a page: escape text, and write out quantities."""

import html
import math

# HTML allows no control characters, so their pictures are shown. A lone surrogate has no UTF-8 form.
_PICTURES = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n"}
_PICTURES |= {127: 0x2421} | dict.fromkeys(range(0x80, 0xA0), 0xFFFD) | dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)
_PICTURES |= dict.fromkeys((0xFFFE, 0xFFFF), 0xFFFD)

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0


def escape(text: object) -> str:
    """Return a text escaped for HTML and SVG, inside an element or an attribute."""
    return html.escape(str(text).translate(_PICTURES), quote=True)


def isolated(text: object) -> str:
    """Return an escaped text whose writing direction does not affect its neighbours."""
    return f"<bdi>{escape(text)}</bdi>"


def bits(value: float, *, digits: int = 3) -> str:
    """Return bits per character; "n/a" if they are not finite."""
    return f"{value:.{digits}f}" if math.isfinite(value) else "n/a"


def signed_bits(value: float) -> str:
    """Return a difference of bits per character with its sign, and a true minus."""
    return f"{value:+.3f}".replace("-", "\u2212") if math.isfinite(value) else "n/a"


def count(number: float) -> str:
    """Return a quantity in words: "950", "12,300", "4.1 million", "1.97 billion"."""
    for size, name in ((1e9, " billion"), (1e6, " million")):
        if number >= 0.9995 * size:
            return f"{_three_digits(number / size)}{name}"
    return f"{number:,.0f}" if number < 10_000 else f"{round(number, -2):,.0f}"


def short_count(number: float) -> str:
    """Return a quantity for an axis: "200", "50 k", "1.5 M", "2 G"."""
    for size, letter in ((1e9, "\u00a0G"), (1e6, "\u00a0M"), (1e3, "\u00a0k")):
        if number >= size:
            return f"{number / size:g}{letter}"
    return f"{number:g}"


def duration(seconds: float) -> str:
    """Return a duration: "45 s", "12 min", "1 h 05 min", "2 d 3 h"; "n/a" if it is not finite."""
    if not math.isfinite(seconds):
        return "n/a"
    if seconds < 0.05:
        return "0\u00a0s"
    if seconds < 99.5:
        return f"{seconds:.0f}\u00a0s" if seconds >= 9.95 else f"{seconds:.1f}\u00a0s"
    if seconds < HOUR - 30:
        return f"{seconds / MINUTE:.0f}\u00a0min" if seconds >= 600 else f"{seconds / MINUTE:.1f}\u00a0min"
    minutes = round(seconds / MINUTE)
    if minutes < DAY / MINUTE:
        return f"{minutes // 60}\u00a0h\u00a0{minutes % 60:02}\u00a0min"
    hours = round(seconds / HOUR)
    return f"{hours // 24}\u00a0d\u00a0{hours % 24}\u00a0h"


def epoch_name(epochs: float) -> str:
    """Return a number of epochs in two significant digits: "0", "0.013", "0.1", "1.5", "50"."""
    if epochs < 0.0005:
        return "0"
    return f"{float(f'{epochs:.2g}'):g}" if epochs < 10 else f"{epochs:,.0f}"


def _three_digits(number: float) -> str:
    return f"{number:.3g}" if number < 999.5 else f"{number:,.0f}"
