"""One picture with itself: similar patches, parts, directions."""
