"""Static files on the wire: packed once and kept in memory, for a network that is slow or paid for.

Only what holds no secret is packed: our own files, and what routes make that is the same `FOR_ALL`.
Pages are not, because a page holds a form's token beside what a reader typed. `./run` packs the
decoder beforehand (`zxing_reader.wasm.br`), better than there is time for here. Why no library
does this is in docs/adr/0016-static-files-are-packed-here.md.
"""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path

import brotli
from flask import Flask, Response, current_app, request

PACKED = frozenset(
    {"text/css", "text/javascript", "application/wasm", "image/svg+xml", "application/json"}
)
SMALLEST = 600  # bytes: less is not worth it
FOR_ALL = frozenset({"field.show_app", "field.show_words", "field.show_worker"})
BROTLI_QUALITY = 9  # a third of a second for a megabyte, once a start


def pack(response: Response) -> Response:
    """`response`, packed in the way that the reader's browser likes best."""
    way = request.accept_encodings.best_match(("br", "gzip"))
    is_file = request.endpoint == "static" and response.mimetype in PACKED
    if way is None or not (is_file or request.endpoint in FOR_ALL):
        return response
    if response.status_code != 200 or request.method != "GET":
        return response
    response.direct_passthrough = False
    content = response.get_data()
    response.close()  # the file that it came from
    if len(content) < SMALLEST:
        return response
    beforehand = _packed_beforehand() if is_file and way == "br" else None
    response.set_data(beforehand or _packed(content, way))
    response.headers["Content-Encoding"] = way
    response.vary.add("Accept-Encoding")
    if etag := response.get_etag()[0]:
        response.set_etag(f"{etag}-{way}")
    response.make_conditional(request)
    return response


def _packed_beforehand() -> bytes | None:
    """What `./run` made of the static file that is asked for, unless the file is newer."""
    name: str = (request.view_args or {})["filename"]
    file = Path(current_app.static_folder or "") / name
    packed = file.with_name(f"{file.name}.br")
    if packed.is_file() and packed.stat().st_mtime_ns >= file.stat().st_mtime_ns:
        return packed.read_bytes()
    return None


@lru_cache(maxsize=256)
def _packed(content: bytes, way: str) -> bytes:
    if way == "br":
        return bytes(brotli.compress(content, quality=BROTLI_QUALITY))
    return gzip.compress(content, 9, mtime=0)


def init_app(app: Flask) -> None:
    """Pack the static files of `app`."""
    app.after_request(pack)
