"""Starts exclip_desktop from a checkout: ``python main.py``."""

from exclip_desktop.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
