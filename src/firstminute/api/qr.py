"""QR codes as rows of dark and light squares, for a page to draw without a picture from anywhere.

Idea: the encoder is segno (ISO/IEC 18004, pure Python); what leaves here is text, so no policy of content has to allow images.
Limits: error correction M, a quiet zone is the drawer's business.
"""

from __future__ import annotations

import segno


def squares(text: str) -> list[str]:
    """The code of a text: rows of 0 (light) and 1 (dark)."""
    return [
        "".join(str(int(dark)) for dark in row) for row in segno.make(text, error="m", micro=False).matrix
    ]
