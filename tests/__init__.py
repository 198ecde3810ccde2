"""Tests; they share the processor as the program does."""

from exclip_desktop.core.threads import share_cores

share_cores()
