"""The commands, one file each; no logic."""


def main() -> None:
    """Run the command line."""
