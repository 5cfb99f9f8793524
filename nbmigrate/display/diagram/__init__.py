"""Entity-relationship diagrams: boxes and links, their places, and how they are written.

Nothing here knows what a table is: a box has a title and rows, a link leads from rows of one box
to rows of another. The same boxes and links give the same diagram, to the byte.
"""

from nbmigrate.display.diagram.layout import Place, place
from nbmigrate.display.diagram.mermaid import to_mermaid
from nbmigrate.display.diagram.shape import (
    Box,
    Detail,
    Diagram,
    Link,
    Row,
    height_of,
    shown_rows,
    width_of,
)
from nbmigrate.display.diagram.svg import to_svg

__all__ = [
    "Box",
    "Detail",
    "Diagram",
    "Link",
    "Place",
    "Row",
    "height_of",
    "place",
    "shown_rows",
    "to_mermaid",
    "to_svg",
    "width_of",
]
