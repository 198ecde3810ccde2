"""``python -m exclip_desktop``."""

from exclip_desktop.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
