"""The folder of an explained list."""
