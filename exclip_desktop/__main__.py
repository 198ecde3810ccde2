"""``python -m exclip_desktop``."""

from exclip_desktop.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
