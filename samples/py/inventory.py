"""A tiny inventory."""

from dataclasses import dataclass, field


@dataclass
class Inventory:
    """Quantities by name of the article."""

    quantities: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, quantity: int) -> None:
        """Adds pieces of an article."""
        self.quantities[name] = self.quantities.get(name, 0) + quantity

    # TRY: type `def remove(` below.

    # TRY: type `def total(` below.
