"""What ``check`` finds in files that are sound: hazards that nobody has accepted."""

from __future__ import annotations

from dataclasses import dataclass

from nbmigrate.display import Block, Heading, Text
from nbmigrate.hazards import Hazard
from nbmigrate.results.plans import hazard_blocks


@dataclass(frozen=True)
class Finding:
    """A hazard of a migration file."""

    tag: str
    hazard: Hazard


def finding_blocks(findings: tuple[Finding, ...]) -> tuple[Block, ...]:
    """The hazards under the name of their file, and how to accept them."""
    if not findings:
        return ()
    blocks: list[Block] = [Heading("To know before they are applied", 2)]
    for tag in dict.fromkeys(finding.tag for finding in findings):
        blocks.append(Text(f"{tag}:"))
        blocks += hazard_blocks(tuple(f.hazard for f in findings if f.tag == tag))
    code = findings[0].hazard.code
    text = f"accept one with a line in its file: -- nbmigrate: allow {code} REASON"
    return (*blocks, Text(text, "muted"))
