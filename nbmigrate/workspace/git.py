"""Git: written files are staged when the user says so. Nothing is ever committed."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
from pathlib import Path

from nbmigrate.errors import GitError
from nbmigrate.results import GenerateResult

_SECONDS = 60


def require_repository(root: Path) -> None:
    """Nothing, when files in the folder can be staged.

    Raises:
        GitError: git is not installed, or the folder is in no repository.
    """
    if shutil.which("git") is None:
        raise GitError("git was not found; nothing was written", hint="leave --git-add away")
    try:
        found = _git(root, "rev-parse", "--is-inside-work-tree")
    except GitError as error:
        raise GitError(
            f"nothing was written: {error.message}", hint="git init, or leave --git-add away"
        ) from error
    if found != "true":
        raise GitError(f"{root} is not in a working tree of git; nothing was written")


def staged(result: GenerateResult, root: Path) -> GenerateResult:
    """The result with its files in git's index.

    Raises:
        GitError: git refused them, because they are ignored for instance; they stay written.
    """
    if not result.files:
        return result
    try:
        _git(root, "add", "--", *(file.path for file in result.files))
    except GitError as error:
        raise GitError(
            f"{result.tag} is written but not staged: {error.message}", hint=result.git_command
        ) from error
    return dataclasses.replace(result, is_staged=True)


def _git(root: Path, *words: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and the words are ours
            ["git", *words],  # noqa: S607 - the user's git, as their shell would find it
            cwd=root,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise GitError(f"git {words[0]}: {' '.join(error.stderr.split())}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GitError(f"git {words[0]}: {error}") from error
    return done.stdout.strip()
