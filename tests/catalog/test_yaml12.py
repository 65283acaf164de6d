"""YAML means what version 1.2 says, every node has a place, and hostile files are refused."""

import time

import pytest

from catalog.yaml12 import Mark, Unreadable, locate, read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("no", "no"),
        ("Yes", "Yes"),
        ("off", "off"),
        ("true", True),
        ("False", False),
        ("tRUE", "tRUE"),
        ("null", None),
        ("~", None),
        ("", None),
        ("0777", 777),
        ("0o17", 15),
        ("0xff", 255),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("+12", 12),
        ("-3", -3),
        ("12:30:45", "12:30:45"),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1.", 1.0),
        ("2026-01-31", "2026-01-31"),
        ("'5'", "5"),
        ('"true"', "true"),
        ("!!str 5", "5"),
        ("!!int '5'", 5),
        ("[a, {b: 1}]", ["a", {"b": 1}]),
        ("|\n  two\n  lines", "two\nlines"),
    ],
)
def test_scalars_follow_the_core_schema(text: str, value: object) -> None:
    built = read(f"key: {text}".encode()).value["key"]

    assert (type(built), built) == (type(value), value)


@pytest.mark.parametrize("key", ["on", "no", "y", "<<", "2026-01-31"])
def test_keys_are_texts(key: str) -> None:
    assert read(f"{key}: 1".encode()).value == {key: 1}


TEXT = b"""\
# a comment
one: 1
two:
  - a
  - {b: 1, "c/d": [x,
     y]}
"""


@pytest.mark.parametrize(
    ("path", "mark"),
    [
        ((), Mark(2, 1)),
        (("one",), Mark(2, 1)),
        (("two", 0), Mark(4, 5)),
        (("two", 1, "b"), Mark(5, 6)),
        (("two", 1, "c/d", 1), Mark(6, 6)),
        (("two", 7), Mark(3, 1)),
        (("two", 1, "missing", "c/d"), Mark(5, 12)),
    ],
)
def test_every_node_has_a_place(path: tuple[str | int, ...], mark: Mark) -> None:
    assert read(TEXT).mark(path) == mark


def test_json_is_located_too() -> None:
    assert locate('{\n "a": [1,\n  {"b": 2}]}', ["a", "1", "b"]) == Mark(3, 4)
    assert locate("{", ["a"]) == Mark(1, 1)


def test_an_alias_repeats_its_anchor() -> None:
    assert read(b"a: &day [9]\nb: *day").value == {"a": [9], "b": [9]}


@pytest.mark.parametrize(
    ("text", "mark", "message", "hint"),
    [
        ("a: 1\nb: 2\na: 3", Mark(3, 1), "`a` stands here a second time", "first is on line 1"),
        ("a: {b: 1, b: 2}", Mark(1, 11), "`b` stands here a second time", "line 1"),
        ("1: a", Mark(1, 1), "the key 1 is not a text", '"1"'),
        ("null: a", Mark(1, 1), "the key null is not a text", '"null"'),
        ("? [a]\n: 1", Mark(1, 3), "a key must be a plain text", ""),
        ("a: .inf", Mark(1, 4), "no number", ""),
        ("a: 9007199254740993", Mark(1, 4), "too large", "quotes"),
        ("a: " + "9" * 6000, Mark(1, 4), "too large", "quotes"),
        ("a: 1e999", Mark(1, 4), "too large", "quotes"),
        ("a: !!python/object:os.system x", Mark(1, 4), "tag `!!python", "Remove it"),
        ("a: !local x", Mark(1, 4), "tag `!local`", "Remove it"),
        ("a: !!set {b}", Mark(1, 4), "tag `!!set`", "Remove it"),
        ("a: !!int x", Mark(1, 4), "`x` is no int", "Remove the tag"),
        ("a: b: c", Mark(1, 5), "mapping values are not allowed", "quotes"),
        ("a: b\n\tc: d", Mark(2, 1), "tab character", "spaces"),
        ("a: [1,\nb: 2", Mark(1, 4), "this is not YAML", "Close the bracket"),
        ("a: 'x\n", Mark(1, 4), "this is not YAML", "Close the quotes"),
        ('a: "\\q"', Mark(1, 5), "unknown escape", "single quotes"),
        ("a: @x", Mark(1, 4), "cannot start", "quotes"),
        ("a: *x", Mark(1, 4), "undefined alias", "&name"),
        ("a: 1\n---\nb: 2", Mark(2, 1), "single document", "---"),
        ("a: \x07", Mark(1, 4), "U+0007", "invisible"),
        ('a: "\\0"', Mark(1, 4), "U+0000", "Remove"),
        ("# nothing", Mark(1, 1), "empty", "one catalog item"),
    ],
)
def test_a_mistake_has_a_place_and_a_hint(text: str, mark: Mark, message: str, hint: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(text.encode())

    assert message in refused.value.message
    assert hint in refused.value.hint
    assert refused.value.mark == mark


def test_bytes_that_are_no_utf8_have_a_place() -> None:
    with pytest.raises(Unreadable, match="not UTF-8") as refused:
        read("é: 1\nb: ".encode() + b"\xff")

    assert refused.value.mark == Mark(2, 4)


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert read(b"\xef\xbb\xbfa: 1").value == {"a": 1}


BOMB = "a: &x0 [1, 2, 3, 4, 5, 6, 7, 8, 9]\n" + "".join(
    f"b{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]\n" for n in range(1, 9)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB, "more than 50000 values"),
        ("a: &a [*a]", "nested more than 40"),
        ("a: &a {b: *a}", "nested more than 40"),
        ("[" * 200_000, "nested more than 40"),
        ("{a: " * 60_000, "nested more than 40"),
        ("- " * 120_000, "nested more than 40"),
        ("? " * 120_000, "nested more than 40"),
        ("".join(" " * n + "a:\n" for n in range(600)), "nested more than 40"),
        ("a: " + "x" * 300_000, "at most 262144"),
        ("[" + "1," * 60_000 + "]", "more than 50000 values"),
    ],
    ids=str.split("bomb loop loop-map brackets braces dashes questions indent size many"),
)
def test_a_hostile_file_is_refused_quickly(text: str, message: str) -> None:
    begun = time.process_time()

    with pytest.raises(Unreadable, match=message):
        read(text.encode())

    assert time.process_time() - begun < 5
