"""Static files on the wire: packed once and kept in memory, for a network that is slow or paid for.

Only files of ours that hold no secret are packed; pages are not, because a page holds a form's
token beside what a reader typed. What is `FOR_EVERYBODY` is made by a route, and is the same for
all. `./run` packs the decoder beforehand (`zxing_reader.wasm.br`), better than there is time for.
"""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path

import brotli  # type: ignore[import-untyped]
from flask import Flask, Response, current_app, request

PACKED = frozenset(
    {"text/css", "text/javascript", "application/wasm", "image/svg+xml", "application/json"}
)
SMALLEST = 600  # bytes: less is not worth it
FOR_EVERYBODY = frozenset({"field.show_app", "field.show_words", "field.show_worker"})
BROTLI_QUALITY = 9  # a third of a second for the decoder's megabyte, once a start


def pack(response: Response) -> Response:
    """What stands in `response`, packed as the reader's browser takes it."""
    if response.status_code != 200 or request.method != "GET" or "Range" in request.headers:
        return response
    way = request.accept_encodings.best_match(("br", "gzip"))
    if way is None or way == "identity":
        return response
    if request.endpoint in FOR_EVERYBODY:
        return _told(response, _packed_text(response.get_data(), way), way)
    if request.endpoint != "static" or response.mimetype not in PACKED:
        return response
    file = Path(current_app.static_folder or "") / (request.view_args or {})["filename"]
    if not file.is_file() or file.stat().st_size < SMALLEST:
        return response
    response.direct_passthrough = False
    response.response.close()  # type: ignore[union-attr]  # the file, which nobody will read
    return _told(response, _packed(str(file), file.stat().st_mtime_ns, way), way)


def _told(response: Response, packed: bytes, way: str) -> Response:
    """`response` with the packed content; nothing of it for a browser that has just this."""
    response.set_data(packed)
    response.headers["Content-Encoding"] = way
    response.vary.add("Accept-Encoding")
    if etag := response.get_etag()[0]:
        response.set_etag(f"{etag}-{way}")
    response.make_conditional(request)
    return response


@lru_cache(maxsize=256)
def _packed(file: str, _changed: int, way: str) -> bytes:
    before = Path(f"{file}.br")
    if way == "br" and before.is_file() and before.stat().st_mtime_ns >= _changed:
        return before.read_bytes()
    return _squeezed(Path(file).read_bytes(), way)


@lru_cache(maxsize=32)
def _packed_text(content: bytes, way: str) -> bytes:
    return _squeezed(content, way)


def _squeezed(content: bytes, way: str) -> bytes:
    if way == "br":
        return bytes(brotli.compress(content, quality=BROTLI_QUALITY))
    return gzip.compress(content, 9, mtime=0)


def init_app(app: Flask) -> None:
    """Pack the static files of `app`."""
    app.after_request(pack)
