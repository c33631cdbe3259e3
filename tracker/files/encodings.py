"""Which letters the bytes of a text file are: UTF-8, UTF-16 with its mark, or Windows-1251.

Windows-1251 has a letter for almost every byte, so that it decodes anything; a file counts as
Windows-1251 only when what comes out is Ukrainian and English words and nothing else.
"""

from __future__ import annotations

import codecs
import re

_UKRAINIAN = "АБВГҐДЕЄЖЗИІЇЙКЛМНОПРСТУФХЦЧШЩЬЮЯ"
_PUNCTUATION = "\xa0«»“”„‘’–—…№°§•·±€™©®"
_STRANGE = re.compile(f"[^\x00-\x7f{_UKRAINIAN}{_UKRAINIAN.lower()}{_PUNCTUATION}]")
_WORD = re.compile(r"[^\W\d_]+")
_CYRILLIC, _LATIN = re.compile("[\u0400-\u04ff]"), re.compile("[A-Za-z]")
_TYPED_BY_MISTAKE = re.compile("[A-ZАВЕІКМНОРСТХ]+")  # one number on two keyboards
_UPSIDE_DOWN = re.compile(f"[{_UKRAINIAN.lower()}][{_UKRAINIAN}]{{2,}}")  # KOI8 read as 1251


class Unreadable(ValueError):
    """A file, or the rest of it from `line` on, that cannot be read; says why."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.line = line


def decode(content: bytes) -> tuple[str, list[str]]:
    """The text, and what a person should know about how it was read. Raises Unreadable."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return content.decode("utf-16"), ["The file is in UTF-16."]
        except UnicodeDecodeError as problem:
            raise Unreadable("begins like UTF-16 but is not; save it as UTF-8") from problem
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
    try:
        text = content.decode("cp1251")
    except UnicodeDecodeError:
        text = "\ufffd"
    if not _is_ukrainian(text):
        raise Unreadable("neither UTF-8 nor surely Windows-1251; save it as UTF-8", line)
    return text, [
        "The file is not UTF-8 and was read as Windows-1251; look at its names before relying on it"
    ]


def _is_ukrainian(text: str) -> bool:
    if _STRANGE.search(text):
        return False
    for word in _WORD.findall(text):
        if not _CYRILLIC.search(word):
            continue
        if _LATIN.search(word) and not _TYPED_BY_MISTAKE.fullmatch(word):
            return False
        if _UPSIDE_DOWN.fullmatch(word):
            return False
    return True
