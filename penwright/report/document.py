"""One HTML document that stands alone: its style is within it, and its policy lets nothing else be loaded or run."""

import hashlib
from base64 import b64encode

from penwright.report.markup import escape


def document(title: str, body: str, *, style: str) -> str:
    """Return a page.

    Args:
        title: Plain text.
        body: HTML, with whatever comes from outside escaped.
        style: The page's CSS, which the policy allows by its hash.
    """
    style_hash = b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'sha256-{style_hash}'; base-uri 'none'; form-action 'none'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)} \u2013 Penwright</title>\n<style>{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )
