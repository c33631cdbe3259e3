"""How one printer misses the middle, kept under its name, so that it is measured only once."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

_FURTHEST = 10.0  # mm of nudge: more is another stock, not a crooked printer
_SCALES = (0.95, 1.05)
RULER = 100.0  # mm, the rulers of the calibration page


class ProfileError(ValueError):
    """A profile whose numbers cannot be, or a file that holds none; the message says which."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of one printer.

    `nudge_x` and `nudge_y` move everything right and down (mm); `scale_x` and `scale_y` stretch it.
    `dpi` is the resolution of a label printer, `address` its `host:port` or name in the system;
    0 and empty where they do not matter. Raises ProfileError for impossible numbers.
    """

    name: str
    nudge_x: float = 0.0
    nudge_y: float = 0.0
    scale_x: float = 1.0
    scale_y: float = 1.0
    dpi: int = 0
    address: str = ""

    def __post_init__(self) -> None:
        for name in ("nudge_x", "nudge_y"):
            if not -_FURTHEST <= _number(self, name) <= _FURTHEST:
                raise ProfileError(f"{self.name}: {name} is more than {_FURTHEST:g} mm.")
        for name in ("scale_x", "scale_y"):
            if not _SCALES[0] <= _number(self, name) <= _SCALES[1]:
                raise ProfileError(f"{self.name}: {name} is not between {_SCALES[0]} and 1.05.")
        if self.dpi and not 100 <= _number(self, "dpi") <= 1200:
            raise ProfileError(f"{self.name}: dpi is not between 100 and 1200.")

    @property
    def nudge(self) -> tuple[float, float]:
        """How far everything moves right and down, in mm."""
        return (self.nudge_x, self.nudge_y)

    @property
    def scale(self) -> tuple[float, float]:
        """How much everything is stretched across and down."""
        return (self.scale_x, self.scale_y)


def measured(
    name: str, right: float, down: float, ruler_x: float = RULER, ruler_y: float = RULER
) -> Profile:
    """The profile that mends what a calibration page shows.

    `right` and `down` are how far the outlines lie beside the labels (mm, negative for left and
    up), `ruler_x` and `ruler_y` how long its rulers of 100 mm came out.
    """
    if min(ruler_x, ruler_y) <= 0:
        raise ProfileError(f"{name}: a ruler cannot be {min(ruler_x, ruler_y):g} mm long.")
    return Profile(name, -right, -down, RULER / ruler_x, RULER / ruler_y)


def read_profiles(file: Path) -> dict[str, Profile]:
    """The profiles kept in `file`, by name; none where there is no such file."""
    if not file.exists():
        return {}
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        return {name: Profile(name, **rest) for name, rest in kept.items()}
    except (ValueError, TypeError, AttributeError) as problem:
        raise ProfileError(f"{file}: {problem}") from None


def keep_profile(file: Path, profile: Profile) -> None:
    """Write `profile` into `file` beside the others; a profile of the same name is replaced."""
    kept = {**read_profiles(file), profile.name: profile}
    rows = {name: asdict(kept[name]) for name in sorted(kept)}
    for row in rows.values():
        del row["name"]
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=file.parent, prefix=".printers-", delete=False
    ) as unfinished:
        json.dump(rows, unfinished, ensure_ascii=False, indent=2)
    Path(unfinished.name).replace(file)


def _number(profile: Profile, name: str) -> float:
    value = getattr(profile, name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ProfileError(f"{profile.name}: {name} is {value!r}, not a number.")
    return value
