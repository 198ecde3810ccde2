"""Files: pictures, pair lists, projects, batches, studies, exports and the cache; every write is atomic."""
