"""Made-up packets for the property tests."""

import string

from hypothesis import strategies as st

from lichen.hj212.compose import compose
from lichen.hj212.content import Reading, number
from lichen.hj212.frame import build_frame

INSTANTS = st.integers(min_value=0, max_value=4_102_444_800_000).map(lambda s: s // 1000 * 1000)
NUMBERS = st.one_of(
    st.decimals(min_value=-(10**6), max_value=10**6, places=3, allow_nan=False).map(str),
    st.integers(min_value=-(10**9), max_value=10**15).map(str),
    st.sampled_from(["0", "0.00", "-0.0", ".5", "7.", "1e3", "+2", "9999.99", "0.1", "123456789012345", "00012.30"]),
)
FACTORS = st.sampled_from(
    ["a34004", "a05024", "w01018", "a01011", "B01", "011", "SB1", "LA", "e01001", "01018", "p10101"]
)
STATS = st.sampled_from(["Rtd", "ZsRtd", "Cou", "Min", "Avg", "Max", "RS", "Data", "RawAvg"])
MARKS = st.sampled_from(["N", "D", "T", "Td", None])
TEXTS = st.text(alphabet=string.ascii_letters + string.digits + "清洗管路 .:-/", min_size=1, max_size=12).map(str.strip)
LOGS = st.text(alphabet=string.ascii_letters + " ;=,&#\r\n清洗管路", max_size=30).map(lambda text: f"//{text}//")
EXTRAS = st.sampled_from([(), (("SampleTime", "20240123110306"),), (("EFlag", "A01"),)])


@st.composite
def readings(draw):
    """Readings as a parser would give them: items of one factor, neighbours of different factors."""
    found = []
    last = None
    for _ in range(draw(st.integers(0, 8))):
        factor = draw(FACTORS.filter(lambda f, last=last: f != last))
        last = factor
        mark, extra = draw(MARKS), draw(EXTRAS)
        for stat in draw(st.lists(STATS, min_size=1, max_size=4, unique=True)):
            text = draw(NUMBERS)
            found.append(Reading(factor, stat, number(text), text, mark, extra))
    return found


@st.composite
def packets(draw):
    """Arguments of `compose` and the frames it makes."""
    edition = draw(st.sampled_from(["2005", "2017", "2025"]))
    arguments = {
        "cn": draw(st.sampled_from(["2011", "2051", "2061", "2031", "2021"])),
        "mn": draw(st.sampled_from(["010000A8900016F000169DC0", "411420sibo0606", "JLYP01_AIR01_0001", "X"])),
        "st": draw(st.sampled_from(["22", "31", "32", "21"])),
        "pw": draw(st.sampled_from(["123456", "000000"])),
        "qn": draw(INSTANTS),
        "edition": edition,
        "needs_answer": draw(st.booleans()),
        "backfill": edition == "2025" and draw(st.booleans()),
        "time_ms": draw(st.one_of(st.none(), INSTANTS)),
        "values": draw(readings()),
    }
    return arguments, compose(**arguments)


@st.composite
def mutated(draw):
    """A packet with a few bytes changed; half of them framed anew, so that only the content is odd."""
    _, frames = draw(packets())
    body = bytearray(draw(st.sampled_from(frames)))
    reframe = draw(st.booleans())
    if reframe:
        body = body[6:-6]
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(body)))
        kind = draw(st.sampled_from(["replace", "delete", "insert"]))
        if kind == "delete":
            del body[at : at + draw(st.integers(1, 30))]
        else:
            piece = draw(
                st.one_of(
                    st.sampled_from(
                        [b";", b",", b"=", b"&", b"&&", b"-", b".", b" ", b"\r\n", b"##", b"//", b"N", b"-Flag"]
                    ),
                    st.binary(min_size=1, max_size=2),
                )
            )
            body[at : at + (len(piece) if kind == "replace" else 0)] = piece
    return build_frame(bytes(body)) if reframe else bytes(body)
