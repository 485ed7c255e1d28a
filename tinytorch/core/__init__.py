"""The modules you have exported; `tito module list` shows which there are."""
