from hypothesis import given
from hypothesis import strategies as st

from lichen.hj212.compose import compose
from lichen.hj212.password import starred, starred_bytes

passwords = st.text("0123456789abcdefXYZ", min_size=1, max_size=6)


@given(passwords)
def test_stars_replace_the_password_and_nothing_else(password):
    (frame,) = compose(cn="1011", mn="X" * 24, st="22", pw=password, qn="20260801000000000")
    text = frame.decode()
    hidden = starred(text)
    assert starred_bytes(frame) == hidden.encode()
    assert len(hidden) == len(text)
    assert f"PW={'*' * len(password)};" in hidden
    assert hidden.replace(f"PW={'*' * len(password)};", f"PW={password};") == text


def test_an_empty_password_and_a_value_that_looks_like_one_stay():
    assert starred("QN=1;PW=;MN=X;CP=&&NewPW=1&&") == "QN=1;PW=;MN=X;CP=&&NewPW=1&&"
