"""``python -m musiclime_core`` is the command line."""

from musiclime_core.cli import main

if __name__ == "__main__":
    main()
