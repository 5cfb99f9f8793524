"""What a notebook keeps, and what it shows when its kernel is gone, or another one reads it."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from tests.browser.conftest import notebook_file
from tests.browser.lab import SHOWN
from tests.browser.test_plan import RENAMED, USERS

WIDGET = "application/vnd.jupyter.widget-view+json"


def outputs(path):
    cells = json.loads(path.read_text())["cells"]
    return [output for cell in cells for output in cell.get("outputs", ())]


def test_a_saved_notebook_shows_its_plans_without_a_kernel(notebook, database):
    shown = notebook(USERS, "%db_push", RENAMED, "%db_push")
    expect(shown.panel(1)).to_contain_text("under a new name?")
    shown.settle()
    shown.save()
    path = notebook_file(shown)
    expect_no_view(path)
    shown.app("const w = app.shell.currentWidget; await w.sessionContext?.shutdown(); w.close();")
    shown.open(str(path.relative_to(shown.lab.root)))
    last = shown.cell(4)
    expect(last).to_contain_text("Nothing was changed in")
    expect(last).to_contain_text("--rename")
    expect(shown.page.get_by_text("model not found")).to_have_count(0)
    shown.shoot("saved", last)


def expect_no_view(path):
    kinds = [set(output.get("data", ())) for output in outputs(path)]
    assert all(kind >= {"text/html", "text/plain"} for kind in kinds if kind)
    assert not any(WIDGET in kind for kind in kinds)


def test_a_restarted_kernel_leaves_the_static_plan(notebook, database):
    shown = notebook(USERS, "%db_push", RENAMED, "%db_push")
    expect(shown.panel(1)).to_contain_text("under a new name?")
    shown.settle()
    shown.app("await app.shell.currentWidget.sessionContext.session.kernel.restart();")
    expect(shown.cell(4)).to_contain_text("answer with one of")
    expect(shown.page.locator(f"{SHOWN} .nbm")).to_have_count(0)
    shown.run_all()
    expect(shown.panel(0)).to_contain_text("under a new name?")


def test_what_was_done_by_a_click_is_what_is_saved(notebook, database):
    shown = notebook(USERS, "%db_push", RENAMED.replace(", age int NOT NULL", ""), "%db_push")
    shown.panel(1).get_by_role("button", name="is now").click()
    shown.panel(1).get_by_role("button", name="Apply", exact=True).click()
    expect(shown.panel(1)).to_contain_text("Pushed to")
    shown.save()
    # On a busy machine the progress of the work has an output of its own.
    found = json.loads(notebook_file(shown).read_text())["cells"][4]["outputs"]
    texts = ["".join(output.get("data", {}).get("text/plain", "")) for output in found]
    assert sum("Pushed to" in text for text in texts) == 1
    assert not any(WIDGET in output.get("data", {}) for output in found)
    shown.app(
        "const cells = app.shell.currentWidget.content.model.sharedModel;"
        " cells.deleteCellRange(1, 3);"
    )
    for _ in range(2):
        shown.run_all()
        expect(shown.cell(2)).to_contain_text("Nothing to push")
    assert shown.page.locator(f"{SHOWN} .nbm:not([hidden])").count() == 0


def test_static_by_choice(notebook, database):
    shown = notebook("%config NbMigrate.static = True", USERS, "%db_push")
    expect(shown.cell(3)).to_contain_text("Pushed to")
    assert shown.page.locator(f"{SHOWN} .nbm:not([hidden])").count() == 0
