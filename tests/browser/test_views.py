"""The diagram of a schema and the history of a folder, in a real JupyterLab."""

from __future__ import annotations

import re

from playwright.sync_api import expect

SHOP = (
    "CREATE TABLE customers (id int PRIMARY KEY, email text NOT NULL UNIQUE, born date)",
    "CREATE TABLE products (id int PRIMARY KEY, name text NOT NULL, price numeric(10, 2))",
    (
        "CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers,"
        " placed_at timestamptz NOT NULL DEFAULT now())"
    ),
    (
        "CREATE TABLE lines (order_id int REFERENCES orders, product_id int REFERENCES products,"
        " amount int NOT NULL, PRIMARY KEY (order_id, product_id))"
    ),
    "CREATE TABLE categories (id int PRIMARY KEY, parent_id int REFERENCES categories)",
    "CREATE TABLE settings (key text PRIMARY KEY, value jsonb)",
    "COMMENT ON TABLE orders IS 'What was <b>bought</b>'",
)
HOSTILE = '"<img src=x onerror=window.hurt=1>"'
MANY = """import sqlalchemy as sa, random
chance, metadata = random.Random(1), sa.MetaData()
for n in range({number}):
    keys = [sa.Column(f"t{{m}}_id", sa.Integer, sa.ForeignKey(f"t{{m}}.id")) for m in
            sorted({{chance.randrange(n) for _ in range(2)}})] if n else []
    sa.Table(f"t{{n}}", metadata, sa.Column("id", sa.Integer, primary_key=True), *keys,
             *(sa.Column(f"value_{{m}}", sa.Text) for m in range(5)))
"""

#: What the page itself has to do for a step of moving, in milliseconds.
MOVES = """async (view) => {
  const times = [];
  for (let at = 0; at < 30; at++) {
    const start = performance.now();
    view.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }));
    times.push(performance.now() - start);
    await new Promise(requestAnimationFrame);
  }
  return times.sort((a, b) => a - b);
}"""


def test_a_diagram_is_looked_at(notebook, database):
    database.execute(*SHOP, f"CREATE TABLE {HOSTILE} (id int REFERENCES orders, {HOSTILE} text)")
    shown = notebook("%schema --from live")
    shown.settle()
    panel = shown.panel()
    expect(panel).to_contain_text("live: 7 tables")
    expect(panel.locator(".nbm-box")).to_have_count(7)
    shown.shoot("diagram", panel)
    panel.get_by_role("searchbox").fill("placed")
    expect(panel).to_contain_text("1 of 1")
    expect(panel.locator(".nbm-box.nbm-dim")).to_have_count(3)
    panel.get_by_role("searchbox").press("Enter")
    card = panel.get_by_role("region", name="chosen table")
    expect(card).to_contain_text("timestamp with time zone")
    expect(card).to_contain_text("What was <b>bought</b>")
    shown.shoot("diagram-search", panel)
    panel.get_by_role("searchbox").fill("")
    panel.get_by_role("button", name="Show", exact=True).click()
    expect(panel).to_contain_text("4 of 7 shown, around public.orders")
    panel.get_by_label("how much of a table is drawn").select_option("names")
    expect(panel.locator(".nbm-box-row")).to_have_count(0)
    expect(panel.locator(".nbm-box")).to_have_count(4)
    shown.theme("JupyterLab Dark")
    shown.shoot("diagram-around-dark", panel)
    panel.get_by_role("button", name="All 7 tables").click()
    panel.get_by_label("how much of a table is drawn").select_option("columns")
    expect(panel.locator(".nbm-box")).to_have_count(7)
    frame = panel.locator(".nbm-diagram")
    frame.focus()
    frame.press("n")
    expect(panel.locator(".nbm-box.nbm-chosen")).to_have_count(1)
    shown.shoot("diagram-dark", panel)
    with shown.page.expect_download() as saved:
        panel.get_by_role("button", name="Save SVG").click()
    assert saved.value.path().read_text().startswith("<svg")
    shown.theme("JupyterLab Light")
    assert shown.page.evaluate("window.hurt") is None


def test_a_hundred_tables_can_be_read(notebook):
    write = f"open('hundred.py', 'w').write({MANY.format(number=100)!r})"
    shown = notebook(write, "%schema --from hundred.py")
    shown.settle()
    panel = shown.panel()
    expect(panel).to_contain_text("hundred.py: 100 tables")
    shown.shoot("diagram-hundred", panel)
    panel.get_by_role("searchbox").fill("t42")
    expect(panel.locator(".nbm-box.nbm-chosen")).to_have_count(1)
    shown.shoot("diagram-hundred-search", panel)


def test_a_history_is_walked_through(notebook):
    cells = [
        "%%schema shop --sql\nCREATE TABLE users (id int PRIMARY KEY, name text);",
        "%db_generate one",
        "%%schema shop --sql\nCREATE TABLE users (id int PRIMARY KEY, full_name text, age int);",
        '%db_generate two --rename "public.users.name->public.users.full_name"',
        (
            "%%schema shop --sql\nCREATE TABLE users (id int PRIMARY KEY, full_name text, age bigint);\n"
            "CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users);"
        ),
        "%db_generate three",
        "%db_history",
    ]
    shown = notebook(*cells)
    shown.settle()
    panel = shown.cell(7).locator(".nbm")
    expect(panel).to_contain_text("0001_two → 0002_three")
    shown.shoot("history", panel)
    panel.get_by_role("button", name="the migration before").click()
    expect(panel).to_contain_text("0000_one → 0001_two")
    panel.get_by_role("treeitem", name=re.compile("table public.users")).locator(".nbm-row").click()
    expect(panel).to_contain_text("full_name")
    panel.get_by_label("from", exact=True).select_option("empty")
    panel.get_by_label("to", exact=True).select_option("0002_three")
    expect(panel).to_contain_text("empty → 0002_three")
    shown.theme("JupyterLab Dark")
    shown.shoot("history-dark", panel)
    shown.theme("JupyterLab Light")
    panel.get_by_role("slider").fill("1")
    expect(panel).to_contain_text("empty → 0000_one")


def test_a_thousand_tables_do_not_hang(notebook):
    write = f"open('thousand.py', 'w').write({MANY.format(number=1000)!r})"
    shown = notebook(write, "%schema --from thousand.py")
    shown.settle()
    panel = shown.panel()
    expect(panel).to_contain_text("thousand.py: 1,000 tables", timeout=30_000)
    panel.get_by_role("searchbox").fill("t777")
    expect(panel).to_contain_text("1 of ")
    expect(panel.locator(".nbm-box.nbm-chosen")).to_contain_text("t777")
    assert panel.locator(".nbm-box").count() < 300
    shown.shoot("diagram-thousand", panel)
    took = panel.locator(".nbm-diagram").evaluate(MOVES)
    assert took[15] < 50
