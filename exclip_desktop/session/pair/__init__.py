"""One picture and caption: explaining, selecting, exporting."""
