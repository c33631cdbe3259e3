"""`python -m labels`, as somebody uses it who has no tracker."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import labels
from labels import KitLabel, by_box, new_codes, show
from labels.__main__ import main
from labels.printing import PrintError
from tests.labels.reading import HOST, decoded, fixed_codes, rendered

CODES = fixed_codes(3)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place of its own for what the command keeps, and a file of three codes."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "codes.txt").write_text("\n".join(map(show, CODES)) + "\n\n", encoding="utf-8")
    return tmp_path


def print_labels(*arguments: str) -> int:
    return main(["print", "--codes", "codes.txt", "--host", HOST, *arguments])


def codes_in(file: str) -> list[str]:
    return [address[-11:] for page in rendered(Path(file)) for address in decoded(page)]


def test_help_is_printed() -> None:
    command = [sys.executable, "-m", "labels", "--help"]
    root = Path(__file__).resolve().parents[2]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
    assert "calibrate" in answer.stdout


def test_reading_a_code_does_not_load_what_draws() -> None:
    question = "import labels, sys; labels.parse; print('reportlab' in sys.modules)"
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", question]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
    assert answer.stdout == "False\n"


def test_everything_that_is_promised_is_there() -> None:
    for name in labels.__all__:
        assert getattr(labels, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        getattr(labels, "nothing")  # noqa: B009 - mypy would see through the plain form


def test_codes_are_made_and_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["codes", "4"]) == 0
    made = capsys.readouterr().out
    Path("made.txt").write_text(made, encoding="utf-8")
    assert main(["print", "--codes", "made.txt", "--host", HOST, "-o", "out.pdf"]) == 0
    assert list(map(show, codes_in("out.pdf"))) == made.split()


@pytest.mark.parametrize("kind", ["kit", "crate", "location", "small"])
def test_every_kind_is_printed_with_its_names(kind: str) -> None:
    arguments = ["--kind", kind, "--uk", "Склад", "--en", "Store", "--stock", "l7165"]
    assert print_labels(*arguments, "-o", "out.pdf") == 0
    assert codes_in("out.pdf") == CODES


def test_a_part_used_sheet_copies_and_labels_left_out() -> None:
    assert print_labels("--start", "20", "--copies", "2", "--skip", "1", "-o", "out.pdf") == 0
    assert codes_in("out.pdf") == [CODES[1], CODES[1], CODES[2], CODES[2]]


def test_pictures_go_into_a_folder_one_for_each_label() -> None:
    stock = ["--stock", "Zebra 50x30"]
    assert print_labels(*stock, "-o", "pictures/") == 0
    assert print_labels(*stock, "-o", "pictures/", "--pictures", "png", "--dpi", "300") == 0
    names = sorted(path.name for path in Path("pictures").iterdir())
    assert names == sorted(f"{code}.{kind}" for code in CODES for kind in ("png", "svg"))
    with Image.open(f"pictures/{CODES[0]}.png") as picture:
        assert picture.size == (591, 354)


def test_zpl_is_written_to_a_file() -> None:
    assert print_labels("--stock", "Zebra 50x30", "-o", "out.zpl") == 0
    assert Path("out.zpl").read_text(encoding="ascii").count("^XA") == 3


def test_labels_go_to_a_printer_once(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[bytes] = []
    monkeypatch.setattr("labels.__main__.send", lambda parts, _: heard.extend(parts))
    assert print_labels("--stock", "Zebra 50x30", "--to", "10.0.0.7") == 0
    assert len(heard) == 3


def test_a_printer_that_fails_half_way_is_told_with_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise PrintError("It is out of paper.", sent=2)

    monkeypatch.setattr("labels.__main__.send", fail)
    assert print_labels("--stock", "Zebra 50x30", "--to", "10.0.0.7") == 1
    assert "with --skip 2" in capsys.readouterr().err


def test_a_measured_printer_is_known_by_its_name() -> None:
    assert main(["measured", "office", "--right", "2", "--ruler-down", "99"]) == 0
    assert print_labels("--profile", "office", "-o", "mended.pdf") == 0
    assert print_labels("-o", "plain.pdf") == 0
    assert Path("mended.pdf").read_bytes() != Path("plain.pdf").read_bytes()
    assert codes_in("mended.pdf") == CODES


def test_the_calibration_page_is_written() -> None:
    assert main(["calibrate", "--stock", "L7159", "-o", "page.pdf"]) == 0
    assert len(rendered(Path("page.pdf"))) == 1


def test_stock_is_listed_with_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stock"]) == 0
    assert "Avery L7160" in capsys.readouterr().out


def test_a_wrong_code_in_a_file_is_told_with_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    Path("codes.txt").write_text(f"{CODES[0]}\n\n{CODES[0]}X\n", encoding="utf-8")
    assert print_labels("-o", "out.pdf") == 2
    assert "codes.txt, line 3: A code has 11 letters; this has 12." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--start", "22"], "places 1 to 21"),
        (["--stock", "L9"], "No stock called 'L9'"),
        (["--stock", "L4731"], "smallest stock that would do is Avery L7651"),
        (["--profile", "nobody"], "No printer is called 'nobody'"),
        (["--copies", "0"], "0 copies"),
        (["--skip", "3"], "no labels"),
    ],
)
def test_wrong_use_is_told_and_leaves_no_file(
    capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    assert print_labels(*arguments, "-o", "out.pdf") == 2
    assert complaint in capsys.readouterr().err
    assert not Path("out.pdf").exists()


def test_a_file_of_codes_that_is_missing_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["print", "--codes", "nowhere.txt", "--host", HOST, "-o", "out.pdf"]) == 2
    assert "nowhere.txt" in capsys.readouterr().err


def test_labels_are_sorted_by_box_as_people_count() -> None:
    boxes = ["BOX-10", "", "box-2", "BOX-1", "BOX-2"]
    made = [KitLabel(code, HOST) for code in new_codes(5)]
    expected = [made[3], made[2], made[4], made[0], made[1]]
    assert by_box(zip(boxes, made, strict=True)) == expected


def test_a_host_that_phones_cannot_reach_is_not_printed_unasked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["print", "--codes", "codes.txt", "--host", "localhost:8000", "-o", "out.pdf"]
    assert main(words) == 2
    assert "localhost:8000, which a phone elsewhere cannot reach" in capsys.readouterr().err
    assert not Path("out.pdf").exists()

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal("no\n"))
    assert main(words) == 2
    assert not Path("out.pdf").exists()
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    assert main(words) == 0
    assert codes_in("out.pdf") == CODES
    Path("out.pdf").unlink()
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert main([*words, "--yes"]) == 0
    assert codes_in("out.pdf") == CODES
