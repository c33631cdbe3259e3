"""What a scanner meant when the computer's keyboard was set to Ukrainian.

A USB scanner presses keys. Where the layout is Ukrainian, `HTTPS://HOST/S/7F3K9` arrives as
`РЕЕЗІЖ..РЩІЕ.І.7А3Л9`. The keys are the same ones, so the text can be read back.

Source: the standard Ukrainian layout (ДСТУ 3470) beside the US layout, key by key.
"""

from __future__ import annotations

_UKRAINIAN = "йцукенгшщзхїфівапролджєячсмитьбю"
_LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,."

_KEYS = str.maketrans(
    _UKRAINIAN + _UKRAINIAN.upper() + "ґҐ.,ʼ’₴",
    _LATIN + 'QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>' + "\\|/?``~",
)


def pressed(text: str) -> str:
    """`text` as the same keys give it on a US keyboard; unchanged if it has no Cyrillic letter."""
    if not any("а" <= letter <= "ґ" for letter in text.lower()):
        return text
    return text.translate(_KEYS)
