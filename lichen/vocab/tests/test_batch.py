import numpy as np
import pytest

from lichen.vocab.batch import PERSON, Batch, ledger_index


def test_where_keeps_order_and_series():
    batch = Batch.empty()
    assert len(batch.where(np.zeros(0, bool))) == 0


def test_a_persons_version_has_no_raw_entry():
    with pytest.raises(ValueError, match="entry 5 of the acts log"):
        ledger_index(PERSON + 5)
