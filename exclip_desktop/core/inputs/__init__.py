"""The door for files that come from outside: regular files only, bounded, and checked against a schema."""
