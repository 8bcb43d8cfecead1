"""What search takes for the same text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.portfolio import text
from server.protocol.errors import Refusal

WRITTEN = st.text(alphabet="紗夜さよサヨｻﾖﾜｲﾝワインっッーゃabcABCｆujishouん酒場 、🥂\u3000é", max_size=30)


@pytest.mark.parametrize(
    ("query", "written"),
    [
        ("ﾜｲﾝ", "わいん"), ("ワイン", "ワイン好き"), ("WAIN", "ワイン"), ("syotyu", "しょうちゅう"), ("shochu", "ショウチュウ"),
        ("shōchū", "しょーちゅー"), ("karaoke", "カラオケ"), ("jazu", "ジャズ"), ("gyaru", "ギャル"), ("macha", "まちゃ"),
        ("matcha", "まっちゃ"), ("maccha", "まっちゃ"), ("shiti poppu", "シティポップ"), ("fasshon", "ファッション"), ("sanba", "さんば"), ("samba", "サンバ"),
        ("Sayo", "さよ"), ("さよ", "サヨ"), ("ＧＩＮ", "gin"), ("fashion", "Fashion"), ("二次会", "二次会へ"),
    ],
)  # fmt: skip
def test_a_word_is_found_however_it_is_written(query: str, written: str) -> None:
    assert text.matches(text.document(written), text.words(query))


@pytest.mark.parametrize(
    ("query", "written"), [("わいん", "白い"), ("wain", "ワイ"), ("gin", "ジ"), ("二次会", "二次"), ("a b", "a c")]
)
def test_what_is_not_written_is_not_found(query: str, written: str) -> None:
    assert not text.matches(text.document(written), text.words(query))


@given(WRITTEN)
def test_folding_twice_changes_nothing(written: str) -> None:
    assert text.fold(text.fold(written)) == text.fold(written)


@given(WRITTEN, st.data())
def test_every_part_of_a_text_is_found_in_it(written: str, data: st.DataObject) -> None:
    folded = text.fold(written).split()
    if folded:
        word = data.draw(st.sampled_from(folded))
        begin = data.draw(st.integers(0, len(word) - 1))
        part = word[begin : data.draw(st.integers(begin + 1, len(word)))]
        assert text.matches(text.document(written), text.words(part))


@given(WRITTEN, WRITTEN)
def test_a_document_that_matches_has_every_gram_that_the_index_is_asked_for(written: str, query: str) -> None:
    if query.strip():
        found, wanted = text.document(written), text.words(query)
        if text.matches(found, wanted):
            assert set(text.needed(wanted)) <= set(found.grams)


@pytest.mark.parametrize("query", ["", "  ", "\u3000", "x" * 101, "a\0b"])
def test_a_query_without_words_or_end_is_refused(query: str) -> None:
    with pytest.raises(Refusal) as refused:
        text.words(query)
    assert (refused.value.code, refused.value.field) == ("invalid", "q")
