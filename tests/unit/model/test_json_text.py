import pytest

from nbmigrate.model.json_text import (
    DamagedText,
    decode_text,
    format_json,
    format_number,
    parse_json,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5.0, "5"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (1e-6, "0.000001"),
        (1.5e-6, "0.0000015"),
        (1e-7, "1e-7"),
        (1.25e-9, "1.25e-9"),
        (1e16, "10000000000000000"),
        (123456789012345680000.0, "123456789012345683968"),
        (1e21, "1e+21"),
        (1.5e300, "1.5e+300"),
        (5e-324, "5e-324"),
    ],
)
def test_numbers_are_spelled_as_in_javascript(value, text):
    assert format_number(value) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_lacks_is_refused(value):
    with pytest.raises(ValueError, match="no JSON form"):
        format_number(value)


def test_the_form_is_that_of_stringify():
    value = {"a": {}, "b": [], "c": [1, {"d": None}], "é": '\u0007"\\\n\x7f\ud800☃', "t": True}
    assert format_json(value) == (
        '{\n  "a": {},\n  "b": [],\n  "c": [\n    1,\n    {\n      "d": null\n    }\n  ],\n'
        '  "é": "\\u0007\\"\\\\\\n\x7f\\ud800☃",\n  "t": true\n}'
    )


@pytest.mark.parametrize(
    ("raw", "line", "message"),
    [
        (b"a\nb\0", 2, "byte 3 is NUL"),
        ("é\0".encode(), 1, "byte 2 is NUL"),
        (b"a\n\nb\xe9", 3, "byte 4 is not UTF-8"),
        (b"a\n<<<<<<< HEAD\n", 2, "merge conflict"),
        (b"a\n>>>>>>> theirs\n", 2, "merge conflict"),
    ],
)
def test_damage_has_a_line(raw, line, message):
    with pytest.raises(DamagedText, match=message) as caught:
        decode_text(raw)
    assert caught.value.line == line


def test_text_that_only_looks_like_a_conflict_is_sound():
    assert decode_text(b"=======\n<<<<<<<<< x\n") == "=======\n<<<<<<<<< x\n"


def test_truncated_json_says_so():
    with pytest.raises(DamagedText, match="ends too early") as caught:
        parse_json('{\n  "a": {\n')
    assert caught.value.line == 3


@pytest.mark.parametrize("text", ["NaN", "-Infinity", "1e999", "9" * 5000, "\ufeff{}"])
def test_other_damage_is_found(text):
    with pytest.raises(DamagedText):
        parse_json(text)
