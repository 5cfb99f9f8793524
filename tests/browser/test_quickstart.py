"""The quickstart notebook, run by a person."""

from __future__ import annotations

import shutil

from playwright.sync_api import expect

from nbmigrate.server import remove
from tests.browser.lab import REPOSITORY, SHOWN


def test_the_quickstart_runs_twice(lab_page):
    folder = lab_page.lab.root / "quickstart"
    folder.mkdir(exist_ok=True)
    shutil.copy(REPOSITORY / "notebooks" / "quickstart.ipynb", folder)
    lab_page.errors.clear()
    lab_page.requests.clear()
    lab_page.open("quickstart/quickstart.ipynb")
    try:
        lab_page.run_all()
        page = lab_page.page.locator(SHOWN)
        expect(page).to_contain_text("Pushed to quickstart")
        expect(page).to_contain_text("Applied 2 migrations to production")
        assert page.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
        lab_page.shoot("quickstart")
        lab_page.run_all()
        expect(page).to_contain_text("Nothing to push")
        expect(page).not_to_contain_text("Pushed to quickstart")
        plans = f"{SHOWN} .nbm:not(.nbs)"  # the studio is there as it was
        assert lab_page.page.locator(plans).count() == 0
        assert lab_page.outside() == []
        assert lab_page.errors == []
    finally:
        lab_page.close()
        remove(folder)
