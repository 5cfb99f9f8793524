"""The studio in a real JupyterLab: browse, filter, follow, edit, conflict, delete, insert, export.

``NBMIGRATE_STUDIO_ROWS`` says how large the table is; the times are in ``out/browser/studio-times.txt``.
One notebook serves the whole walk: to open it is what takes long.
"""

from __future__ import annotations

import os

import psycopg
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import notebook_file
from tests.browser.lab import SHOTS
from tests.browser.studio import (
    ROWS,
    Times,
    both_themes,
    cell,
    make_tables,
    press,
    status,
    type_into,
    value,
)
from tests.fixtures.postgres import Database

EVIL = '<img src=x onerror="window.pwned=1">'
LIMIT_MS = 300
MEMORY_PAGES = int(os.environ.get("NBMIGRATE_STUDIO_PAGES", "60"))


@pytest.fixture(scope="module")
def posts(server):
    """The large table; one that a server has from before is used again and left there."""
    name = f"nbmt_studio_{ROWS}"
    with psycopg.connect(server.url(), autocommit=True) as connection:
        asked = connection.execute("SELECT FROM pg_database WHERE datname = %s", (name,))
        is_found = asked.fetchone() is not None
        if not is_found:
            connection.execute(f"CREATE DATABASE {name}")
        database = Database(server, name)
        if not is_found:
            make_tables(database)
        yield database
        database.close()
        if not is_found:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def as_it_was(database):
    """The rows that an earlier walk, perhaps one that broke off, has changed."""
    database.execute(
        "UPDATE posts SET title = 'post ' || id WHERE id < 10",
        f"DELETE FROM posts WHERE id > {ROWS}",
    )


def browse(shown, panel, times):
    expect(panel.locator("tbody tr")).to_have_count(100)
    expect(cell(panel, 1, "id")).to_have_text("1")
    both_themes(shown, panel, "data")
    last = times.page("last page", "last page")
    expect(cell(panel, 100, "id")).to_have_text(str(ROWS))
    times.page("page before it", "previous page", tries=1)
    expect(cell(panel, 100, "id")).to_have_text(str(ROWS - 100))
    first = times.page("first page", "first page")
    expect(cell(panel, 1, "id")).to_have_text("1")
    assert max(first, last) < LIMIT_MS
    times.page("second page", "next page", tries=1)
    expect(cell(panel, 1, "id")).to_have_text("101")
    sort_and_filter(panel, times)


def sort_and_filter(panel, times):
    def sort(first):
        panel.get_by_role("columnheader", name="score").click()
        expect(cell(panel, 1, "score")).to_have_text(first)

    times.step("sort by an indexed column", lambda: sort("1.50"))
    times.step("the other way round", lambda: sort(f"{ROWS * 1.5:.2f}"))
    press(panel, "+ Filter")
    form = panel.get_by_role("dialog")
    form.get_by_label("column").select_option("user_id")
    form.get_by_label("value").fill("7")

    def apply():
        form.get_by_label("value").press("Enter")
        expect(cell(panel, 1, "id")).to_have_text(str(ROWS - 994))

    times.step("filter of that", apply)
    expect(panel.locator(".nbs-chip")).to_have_text("user_id = 7×")
    press(panel, "Count")
    expect(panel.locator(".nbs-where")).to_contain_text(f"of {ROWS // 1000:,}", timeout=30_000)


def follow(shown, panel, times):
    def go():
        cell(panel, 1, "user_id").get_by_role("button").click()
        expect(panel.locator(".nbs-heading")).to_have_text("users")
        expect(panel.locator("tbody tr")).to_have_count(1)

    times.step("follow a foreign key", go)
    cell(panel, 1, "name").click()
    press(panel, "Row")
    many = f"{ROWS // 1000:,}" if ROWS <= 1_000_000 else "1,000+"
    expect(panel.locator(".nbs-refs")).to_contain_text(f"{many} posts")
    both_themes(shown, panel, "row")
    press(panel, "Row")
    press(panel, "‹ Back")
    expect(panel.locator(".nbs-chip")).to_have_text("user_id = 7×")


def edit(shown, panel, database, times):
    type_into(panel, 1, "title", "")
    cell(panel, 3, "title").click()
    shown.page.keyboard.press("F2")
    shown.page.keyboard.press("Escape")
    cell(panel, 3, "body").click()
    shown.page.keyboard.press("Control+0")
    cell(panel, 1, "mood").dblclick()
    cell(panel, 1, "mood").get_by_role("combobox").select_option(label="lost")
    type_into(panel, 2, "likes", "-5")
    cell(panel, 4, "id").click()
    shown.page.keyboard.press("Delete")
    press(panel, "Add row")
    type_into(panel, 1, "user_id", "1")
    type_into(panel, 1, "title", EVIL)
    press(panel, "Review")
    expect(panel.locator(".nbm-sql")).to_contain_text("UPDATE")
    both_themes(shown, panel, "editing")
    press(panel, "Save")
    expect(status(panel)).to_contain_text("violates check constraint")
    expect(cell(panel, 3, "likes")).to_have_attribute("aria-invalid", "true")
    assert value(database, "SELECT title FROM posts WHERE id = 1") == "post 1"
    type_into(panel, 3, "likes", "5")

    def save():
        press(panel, "Save")
        expect(status(panel)).to_contain_text("Saved 5 changes")

    times.step("save 3 edits, a row, a delete", save, is_page=False)
    check_saved(panel, database)


def check_saved(panel, database):
    with database.connect() as connection:
        found = connection.execute(
            "SELECT id, title, body, likes, mood::text FROM posts WHERE id < 5 ORDER BY id"
        ).fetchall()
    assert found == [
        (1, "", "", 1, "lost"),
        (2, "post 2", "long " * 400, 5, "lost"),
        (3, "post 3", None, 3, "calm"),
    ]
    assert value(database, "SELECT title FROM posts WHERE id > 1000000000") == EVIL
    press(panel, "Undo last save")
    expect(status(panel)).to_contain_text("undone")
    assert value(database, "SELECT title FROM posts WHERE id = 1") == "post 1"
    assert value(database, "SELECT max(id) FROM posts") == ROWS
    assert value(database, "SELECT count(*) FROM posts WHERE id < 5") == 4


def conflict(shown, panel, database, times):
    type_into(panel, 1, "title", "mine")
    database.execute("UPDATE posts SET title = 'theirs' WHERE id = 1")

    def save():
        press(panel, "Save")
        expect(panel.get_by_role("group", name="conflict")).to_contain_text("theirs")

    times.step("a conflict is shown", save, is_page=False)
    expect(panel.get_by_role("group", name="conflict")).to_contain_text("post 1")
    both_themes(shown, panel, "conflict")
    assert value(database, "SELECT title FROM posts WHERE id = 1") == "theirs"
    press(panel, "Keep mine")
    expect(panel.get_by_role("group", name="conflict")).to_have_count(0)
    press(panel, "Save")
    expect(status(panel)).to_contain_text("Saved 1 change")
    assert value(database, "SELECT title FROM posts WHERE id = 1") == "mine"


def look(shown, panel):
    panel.get_by_role("tab", name="Structure").click()
    expect(panel.locator(".nbs-structure")).to_contain_text("CREATE TABLE")
    both_themes(shown, panel, "structure")
    panel.get_by_role("tab", name="SQL").click()
    panel.get_by_label("SQL", exact=True).last.fill(
        "SELECT mood, count(*) FROM posts WHERE id < 999 GROUP BY 1"
    )
    shown.page.keyboard.press("Control+Enter")
    expect(panel.locator(".nbs-result tbody tr")).to_have_count(3)
    both_themes(shown, panel, "sql")
    panel.get_by_role("tab", name="Data").click()


def export(shown, panel, times):
    """The filtered table as CSV and as Parquet; the browser gets none of it."""
    from pyarrow import parquet

    def write(form):
        press(panel, "Export ▾")
        dialog = panel.get_by_role("dialog")
        dialog.get_by_label("format").select_option(form)
        dialog.get_by_role("button", name="Export").click()
        expect(status(panel)).to_contain_text(
            f"posts.{form}: {ROWS // 1000:,} rows", timeout=60_000
        )

    for form in ("csv", "parquet"):
        name = f"export the filtered rows ({form})"
        times.step(name, lambda form=form: write(form), is_page=False)
    (folder,) = {path.parent for path in notebook_file(shown).parent.glob("**/posts.*")}
    lines = (folder / "posts.csv").read_text().splitlines()
    assert lines[0].startswith("id,user_id,title")
    assert len(lines) == 1 + ROWS // 1000
    table = parquet.read_table(folder / "posts.parquet")
    assert set(table["user_id"].to_pylist()) == {7}
    assert table.num_rows == ROWS // 1000


def test_a_walk_through_the_studio(notebook, posts):
    as_it_was(posts)
    shown = notebook("%db_studio posts", url=posts.url)
    panel = shown.panel()
    expect(panel.locator("tbody tr").first).to_be_visible()
    times = Times(panel)
    browse(shown, panel, times)
    follow(shown, panel, times)
    export(shown, panel, times)
    panel.get_by_role("button", name="remove the filter").click()
    expect(panel.locator(".nbs-chip")).to_have_count(0)
    panel.get_by_role("columnheader", name="score").click()
    expect(cell(panel, 1, "id")).to_have_text("1")
    edit(shown, panel, posts, times)
    conflict(shown, panel, posts, times)
    look(shown, panel)
    times.write("studio-times.txt", ROWS)
    assert shown.page.evaluate("window.pwned") is None
    require_rest(posts)
    shown.app("await app.commands.execute('@jupyter-widgets/jupyterlab-manager:saveWidgetState');")
    shown.save()
    saved = notebook_file(shown).read_text()
    assert "panel_id" in saved
    assert "post 2" not in saved


def require_rest(database):
    """While nobody asks there is one connection at most, and nothing open on it (R50)."""
    with database.connect() as connection:
        found = connection.execute(
            "SELECT state, backend_xmin, backend_xid FROM pg_stat_activity"
            " WHERE application_name = 'nbmigrate studio' AND datname = pg_catalog.current_database()"
        ).fetchall()
    assert found == [("idle", None, None)]


SCROLL = """async (panel, pages) => {
  const grid = panel.querySelector(".nbs-wrap"), next = panel.querySelector('[aria-label="next page"]');
  for (let at = 0; at < pages; at++) {
    next.click();
    while (grid.hasAttribute("aria-busy")) await new Promise(requestAnimationFrame);
  }
}"""


def test_memory_stays_flat_while_pages_are_turned(notebook, posts):
    """Kernel and browser hold a page, however many were seen."""
    import psutil

    shown = notebook("%db_studio posts", url=posts.url)
    panel = shown.panel()
    expect(panel.locator("tbody tr").first).to_be_visible()
    kernel = psutil.Process(int(shown.ask("import os; print(os.getpid())")))
    chromium = shown.page.context.new_cdp_session(shown.page)
    chromium.send("Performance.enable")

    def measure():
        chromium.send("HeapProfiler.collectGarbage")
        found = chromium.send("Performance.getMetrics")["metrics"]
        metrics = {one["name"]: one["value"] for one in found}
        return kernel.memory_info().rss / 1e6, metrics["JSHeapUsedSize"] / 1e6, metrics["Nodes"]

    panel.evaluate(SCROLL, MEMORY_PAGES // 6)  # what is loaded once is loaded
    seen = [measure()]
    for _ in range(5):
        panel.evaluate(SCROLL, MEMORY_PAGES // 6)
        seen.append(measure())
    expect(cell(panel, 1, "id")).to_have_text(str(1 + MEMORY_PAGES // 6 * 6 * 100))
    lines = [
        f"{rss:.1f} MB kernel, {heap:.1f} MB heap, {nodes:.0f} nodes" for rss, heap, nodes in seen
    ]
    (SHOTS / "studio-memory.txt").write_text("\n".join([f"{MEMORY_PAGES} pages", *lines]) + "\n")
    (rss, heap, nodes), (rss_after, heap_after, nodes_after) = seen[0], seen[-1]
    assert rss_after - rss < 10
    assert heap_after - heap < 5
    assert nodes_after < nodes * 1.2
