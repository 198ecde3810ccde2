"""Values as words a person reads."""
