import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.vocab.entry import MAX_ENTRY, Entry, EntryError, pack, unpack

texts = st.text(max_size=60)
entries = st.builds(Entry, st.integers(0, 2**63), texts, texts, texts, texts, st.binary(max_size=300))


@given(entries)
def test_decode_reverses_encode(entry):
    assert Entry.decode(entry.encode()) == entry


@given(entries, st.data())
def test_any_flipped_byte_changes_the_entry_or_is_refused(entry, data):
    encoded = bytearray(entry.encode())
    at = data.draw(st.integers(0, len(encoded) - 1))
    encoded[at] ^= data.draw(st.integers(1, 255))
    try:
        assert Entry.decode(bytes(encoded)) != entry
    except EntryError:
        pass


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_unpack_reverses_pack(parts):
    assert list(unpack(pack(parts))) == parts


@given(st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=5), st.integers(1, 3))
def test_a_message_cut_short_is_refused(parts, cut):
    with pytest.raises(EntryError, match="end inside"):
        list(unpack(pack(parts)[:-cut] if len(parts[-1]) >= cut else pack(parts)[:-1]))


@given(st.binary(max_size=40))
def test_random_bytes_never_raise_anything_else(junk):
    try:
        Entry.decode(junk)
    except EntryError:
        pass


def test_an_entry_is_bounded_by_the_bundle_format():
    with pytest.raises(EntryError, match="at most 65535"):
        Entry(0, "hj212", "", "", "ok", b"x" * MAX_ENTRY).encode()
    with pytest.raises(EntryError, match="at most 255"):
        Entry(0, "hj212", "p" * 256, "", "ok", b"").encode()
