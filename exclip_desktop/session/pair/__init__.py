"""Controllers of one picture and caption: explaining, selecting, exporting."""
