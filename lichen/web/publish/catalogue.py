"""What a data set says about itself: the core metadata of government information resources (政务信息资源目录编制指南,
2017), and the same as DCAT 3 and schema.org for machines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from lichen.vocab.registry import Snapshot
from lichen.web.publish.datasets import Dataset, Kind, datasets
from lichen.web.publish.files import Month
from lichen.web.readings import words

#: An address below the site → the whole address.
Absolute = Callable[[str], str]

MEDIA = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
_FREQUENCY = "http://publications.europa.eu/resource/authority/frequency/"


def licence() -> str:
    """The licence's name, or what to do while the publisher has stated none."""
    return settings.OPEN_DATA_LICENCE or _("The publisher has stated no licence yet; ask before you reuse the data.")


def publisher() -> str:
    """Who publishes."""
    return settings.PUBLISHER or _("not stated by this installation")


def core_metadata(dataset: Dataset) -> list[tuple[str, str]]:
    """The fields of the core metadata, each with its value."""
    fields = [
        (_("Classification"), _("Topic: ecological environment")),
        (_("Title"), dataset.title),
        (_("Identifier"), dataset.slug),
        (_("Provider"), publisher()),
        (_("Provider code"), settings.PUBLISHER_CODE or words.NOTHING),
        (_("Abstract"), dataset.abstract),
        (_("Format"), _("files: CSV, Parquet; interface: JSON")),
        (_("Items"), ", ".join(column.name for column in dataset.columns)),
        (_("Sharing"), _("unconditional, by download and interface")),
        (_("Open to the public"), _("yes")),
        (_("Update cycle"), dataset.cycle),
        (_("Legal basis"), settings.OPEN_DATA_BASIS or words.NOTHING),
        (_("Review"), _("automatic checks; a person's review shows in the version")),
        (_("Licence"), licence()),
    ]
    return [(name, value) for name, value in fields if value]


def file_address(dataset: Dataset, month: Month, form: str) -> str:
    """Where the file of a month lies."""
    return reverse("open-data-file", args=[dataset.slug, month.text, form])


def api_address(dataset: Dataset) -> str:
    """The interface that gives the same rows as JSON."""
    return "/api/v1/series" if dataset.kind is Kind.READINGS else "/api/v1/results"


def schema_org(dataset: Dataset, months: Sequence[Month], absolute: Absolute) -> dict[str, Any]:
    """The data set as schema.org's Dataset, for search engines."""
    about: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": dataset.title,
        "description": dataset.abstract,
        "identifier": dataset.slug,
        "url": absolute(reverse("open-data-set", args=[dataset.slug])),
        "isAccessibleForFree": True,
        "license": settings.OPEN_DATA_LICENCE_URL or licence(),
        "publisher": {"@type": "Organization", "name": publisher()},
        "variableMeasured": [
            {"@type": "PropertyValue", "name": one.slug, "unitText": one.unit} for one in dataset.parameters
        ],
        "distribution": [
            {
                "@type": "DataDownload",
                "name": f"{dataset.slug}-{month.text}.{form}",
                "encodingFormat": media,
                "contentUrl": absolute(file_address(dataset, month, form)),
            }
            for month in months
            for form, media in MEDIA.items()
        ],
    }
    if months:
        about["temporalCoverage"] = f"{months[-1].text}/{months[0].text}"
    return about


def dcat(snapshot: Snapshot, months_of: Callable[[Dataset], Sequence[Month]], absolute: Absolute) -> dict[str, Any]:
    """All data sets as a DCAT 3 catalogue in JSON-LD."""
    return {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/",
        },
        "@type": "dcat:Catalog",
        "@id": absolute(reverse("open-data")),
        "dct:title": _("Open data"),
        "dct:publisher": {"@type": "foaf:Agent", "foaf:name": publisher()},
        "dcat:dataset": [_dcat(one, months_of(one), absolute) for one in datasets(snapshot)],
    }


def _dcat(dataset: Dataset, months: Sequence[Month], absolute: Absolute) -> dict[str, Any]:
    return {
        "@type": "dcat:Dataset",
        "@id": absolute(reverse("open-data-set", args=[dataset.slug])),
        "dct:identifier": dataset.slug,
        "dct:title": dataset.title,
        "dct:description": dataset.abstract,
        "dct:license": settings.OPEN_DATA_LICENCE_URL or licence(),
        "dct:accrualPeriodicity": {"@id": f"{_FREQUENCY}{dataset.frequency}"},
        "dcat:distribution": [
            {
                "@type": "dcat:Distribution",
                "dcat:downloadURL": absolute(file_address(dataset, month, form)),
                "dcat:mediaType": media,
            }
            for month in months
            for form, media in MEDIA.items()
        ],
    }
