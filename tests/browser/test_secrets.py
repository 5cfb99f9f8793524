"""A password is nowhere: not in outputs, not in the state of widgets, not in logs."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import notebook_file
from tests.browser.test_plan import RENAMED, USERS, rows

SECRET = "hunter2-and-more"


def test_a_password_is_in_no_file(notebook, database):
    rows(database)
    url = database.url.replace("postgres@", f"postgres:{SECRET}@")
    address = database.url.replace("postgres@", f"postgres:{SECRET}@").replace("nbmt_", "none_")
    path = "os.environ['DATABASE_URL'] = open('url').read()"
    shown = notebook(path, USERS, "%db_push", RENAMED, "%db_push", run=False)
    folder = notebook_file(shown).parent
    (folder / "url").write_text(url)
    shown.run_all()
    shown.settle()
    panel = shown.panel()
    panel.get_by_role("button", name="is now").click()
    expect(panel).to_contain_text("--rename")
    panel.get_by_role("textbox").fill("'x'::int")
    panel.get_by_role("button", name="Use", exact=True).click()
    panel.get_by_role("button", name="Apply", exact=True).click()
    expect(panel.get_by_role("alert")).to_contain_text("nothing was changed")
    shown.app("await app.commands.execute('@jupyter-widgets/jupyterlab-manager:saveWidgetState');")
    shown.save()
    saved = notebook_file(shown).read_text()
    assert "panel_id" in saved
    assert SECRET not in saved
    (folder / "url").write_text(address)
    shown.app(
        "const cells = app.shell.currentWidget.content.model.sharedModel;"
        " cells.deleteCellRange(2, 6); cells.addCell({cell_type: 'code', source: '%db_connect'});"
        " cells.addCell({cell_type: 'code', source: '%tb'});"
    )
    shown.run_all()
    shown.save()
    saved = notebook_file(shown).read_text()
    assert "ConnectFailedError" in saved
    assert SECRET not in saved
    assert SECRET not in (shown.lab.root / "lab.log").read_text()
