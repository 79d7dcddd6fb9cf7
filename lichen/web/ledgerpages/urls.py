"""Addresses of the ledger."""

from django.urls import path

from lichen.web.ledgerpages import files, pages

urlpatterns = [
    path("ledger/", pages.ledger, name="ledger"),
    path("ledger/raw/<int:index>/", pages.entry, name="ledger-entry"),
    path("ledger/raw/<int:index>/bundle.json", pages.bundle, name="ledger-bundle"),
    path("ledger/acts/", pages.acts, name="ledger-acts"),
    path("ledger/acts/<int:index>/", pages.act, name="ledger-act"),
    path("ledger/verify_offline.py", pages.verifier, name="ledger-verifier"),
    path("tlog/raw/<path:path>", files.tlog_raw, name="tlog-raw"),
    path("tlog/acts/<path:path>", files.tlog_acts, name="tlog-acts"),
]
