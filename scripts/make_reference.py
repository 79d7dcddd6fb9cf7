"""Write the reference pages from the code: ``python scripts/make_reference.py`` (make reference).

A test fails while a page differs from what this makes.
"""

import ast
import dataclasses
import inspect
import os
import sys
import tempfile
from pathlib import Path

import click
import typer

PAGES = Path(__file__).resolve().parents[1] / "docs" / "reference"


def settings_page():
    """Every environment variable, from the modules that read them."""
    from lichen.gateway import settings as gateway
    from lichen.vocab import settings as shared
    from lichen.web import environment

    lines = [
        "# Settings",
        "",
        "Read from the environment; everything works with none set. Made by `make reference`.",
        "",
    ]
    lines += ["## Every process", "", "| variable | meaning |", "|---|---|"]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in shared.VARIABLES.items()]
    lines += ["", "## Gateway", "", "| variable | default | meaning |", "|---|---|---|"]
    comments = _field_comments(gateway)
    for field in dataclasses.fields(gateway.Settings):
        default = ",".join(field.default) if isinstance(field.default, tuple) else field.default
        shown = f"`{default}`" if default not in ("", ()) else "none"
        lines.append(f"| `{gateway.PREFIX}{field.name.upper()}` | {shown} | {comments.get(field.name, '')} |")
    lines += ["", "## Web", "", "| variable | meaning |", "|---|---|"]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in sorted(environment.KNOWN.items())]
    lines += ["", "A name with `_FILE` appended may name a file that holds the value (for secrets).", ""]
    return "\n".join(lines)


def _field_comments(module):
    """The ``#:`` comment above each field of the Settings class; a field without one shares that of the field above."""
    source = Path(module.__file__).read_text(encoding="utf-8")
    rows = source.splitlines()
    (body,) = (node for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and node.name == "Settings")
    found, last = {}, ""
    for node in body.body:
        if not isinstance(node, ast.AnnAssign):
            continue
        said, at = [], node.lineno - 2
        while rows[at].strip().startswith("#:"):
            said.insert(0, rows[at].strip()[2:].strip())
            at -= 1
        last = " ".join(said) or last
        found[node.target.id] = last
    return found


def commands_page():
    """Every subcommand with its arguments and options."""
    from lichen.cli import app

    lines = ["# The command", "", "Made by `make reference`.", ""]
    _describe(typer.main.get_command(app), "lichen", lines)
    return "\n".join(lines)


def _describe(command, name, lines):
    if getattr(command, "hidden", False):
        return
    if hasattr(command, "commands"):
        for part, inner in command.commands.items():
            _describe(inner, f"{name} {part}", lines)
        return
    lines += [f"## `{name}`", "", inspect.cleandoc(command.help or "").split("\f")[0], ""]
    rows = []
    context = click.Context(command, info_name=name)
    for parameter in command.params:
        if parameter.name == "help":
            continue
        shown = ", ".join(parameter.opts) if parameter.param_type_name == "option" else parameter.name.upper()
        default = parameter.get_default(context)
        what = getattr(parameter, "help", "") or ""
        rows.append(f"| `{shown}` | {'' if default in (None, ()) else f'`{default}`'} | {what} |")
    if rows:
        lines += ["| argument | default | meaning |", "|---|---|---|", *rows, ""]


def element_pages():
    """One page for each element, and one that leads to them."""
    from lichen.elements import ELEMENTS, reference

    pages = {f"elements/{element.slug}.md": reference.page(element) for element in ELEMENTS}
    return {"elements/README.md": reference.index(ELEMENTS), **pages}


def api_page():
    """Every address of the API and every shape, from the OpenAPI description itself."""
    from lichen.web.api import api
    from lichen.web.api.page import described, shapes_of

    schema, refusals = api.get_openapi_schema(), {}
    lines = ["# The API", "", f"Version {schema['info']['version']}. The same, with examples, is served at `/api/v1/`; "
             "`/api/v1/openapi.json` is the description for programs. Made by `make reference`.", ""]  # fmt: skip
    for one in described(schema):
        lines += [f"## `GET {one.path}`", "", f"{one.title}. {one.text}".strip(), ""]
        if one.parameters:
            lines += ["| parameter | type | default | meaning |", "|---|---|---|---|"]
            lines += [_row(row, row.default or ("required" if row.required else "")) for row in one.parameters]
            lines.append("")
        answers = ", ".join(f"`{form}`" for form in one.formats)
        shape = f" of the shape `{one.shape}`" if one.shape else ""
        lines += [f"Answers {answers}{shape}." if answers else "Answers without a body.", ""]
        if one.refusals:
            lines += [
                "Other answers: " + ", ".join(f"[{status}](#other-answers)" for status, _ in one.refusals) + ".",
                "",
            ]
            refusals.update(one.refusals)
    lines += ["## Other answers", "", "| status | meaning |", "|---|---|"]
    lines += [f"| {status} | {said} |" for status, said in sorted(refusals.items())]
    lines += ["", "## Shapes", ""]
    for name, fields in shapes_of(schema):
        lines += [f"### `{name}`", "", "| field | type | meaning |", "|---|---|---|"]
        lines += [f"| `{row.name}` | {_kind(row.kind)} | {row.meaning} |" for row in fields]
        lines.append("")
    return "\n".join(lines)


def _row(row, default):
    return f"| `{row.name}` | {_kind(row.kind)} | {default} | {row.meaning} |"


def _kind(text):
    return text.replace("|", "\\|")


def make():
    """Page name → text."""
    os.environ.setdefault("LICHEN_HOME", tempfile.mkdtemp())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lichen.web.settings")
    import django

    django.setup()
    from django.utils.translation import override

    with override("en"):
        return {"settings.md": settings_page(), "commands.md": commands_page(), "api.md": api_page(), **element_pages()}


if __name__ == "__main__":
    PAGES.mkdir(parents=True, exist_ok=True)
    for page, text in make().items():
        (PAGES / page).parent.mkdir(exist_ok=True)
        (PAGES / page).write_text(text, encoding="utf-8")
        sys.stdout.write(f"reference: {PAGES / page}\n")
