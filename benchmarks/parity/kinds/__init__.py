"""One module for each kind of reference output, named like its folder."""
