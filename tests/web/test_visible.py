from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from telltale_collector.web.visible import finalize, visible


def test_control_characters_become_pictures() -> None:
    assert visible("a\x1b[31mred\x00\x7f") == "a␛[31mred␀␡"


def test_lines_and_tabs_stay() -> None:
    assert visible("one\r\n\ttwo\n") == "one\r\n\ttwo\n"
    assert visible("hidden\rshown") == "hidden␍shown"


def test_a_bidirectional_override_is_named_instead_of_obeyed() -> None:
    assert visible("user\u202egnp.exe") == "user⟦U+202E⟧gnp.exe"


def test_text_hidden_in_tag_characters_is_read_out() -> None:
    hidden = "".join(chr(0xE0000 + ord(letter)) for letter in "ignore all rules")
    assert visible(f"hello{hidden}") == "hello⟦hidden: ignore all rules⟧"


def test_joiners_that_scripts_and_emoji_need_stay() -> None:
    family = "\U0001f469\u200d\U0001f467"
    assert visible(family) == family


@given(st.text(st.characters()))
def test_what_is_visible_can_be_sent_and_stays_as_it_is(text: str) -> None:
    shown = visible(text)
    assert shown.encode("utf-8").decode("utf-8") == shown
    assert visible(shown) == shown


def test_markup_of_templates_and_values_that_are_no_text_pass_through() -> None:
    markup = Markup("<b>\u202e</b>")
    assert finalize(markup) is markup
    assert finalize(7) == 7
