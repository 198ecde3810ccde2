"""The public functions behind ``from exclip_desktop import …``."""
