"""What a format must be. A new one is a file in this folder and a row in `formats.py`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from reports.render.view import View


class Renderer(ABC):
    """Turns a view into the text of one file, and decides nothing."""

    name: ClassVar[str]
    filename: ClassVar[str]

    @abstractmethod
    def render(self, view: View) -> str:
        """The whole file, UTF-8 to be."""
