"""Tests of one picture with itself: similar patches, parts, directions."""
