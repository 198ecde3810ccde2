"""Lists of pairs: reading, navigation through, explaining all."""
