"""Which network: cards, the catalogue, downloads and imports."""
