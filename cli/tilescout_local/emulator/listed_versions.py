"""Keys in a list of versions, URL-encoded as S3 sends them: XML takes no control characters."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import unescape

_KEY = re.compile(r"<(Key|Prefix|KeyMarker|NextKeyMarker)>(.*?)</\1>", re.DOTALL)
_END = "</ListVersionsResult>"

Answer = tuple[int, dict[str, str], bytes]


def install() -> None:
    """Let the emulator answer as S3 does; boto3 always asks for it and decodes it."""
    from ministack.services import s3

    s3._list_object_versions = encoding(s3._list_object_versions)


def encoding(list_versions: Callable[..., Answer]) -> Callable[..., Answer]:
    """The function, its successful answers encoded."""

    def listed(*request: Any) -> Answer:
        status, headers, body = list_versions(*request)
        return status, headers, encoded(body) if status == 200 else body

    return listed


def encoded(body: bytes) -> bytes:
    """A ListVersionsResult with ``encoding-type=url``, of one without."""

    def encode(found: re.Match[str]) -> str:
        name, key = found.groups()
        return f"<{name}>{quote(unescape(key, {'&quot;': chr(34)}), safe='/')}</{name}>"

    text = _KEY.sub(encode, body.decode())
    return text.replace(_END, f"<EncodingType>url</EncodingType>{_END}").encode()
