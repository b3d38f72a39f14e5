"""``python -m reseen`` is the command ``reseen``."""

from reseen.cli import main

if __name__ == "__main__":
    main()
