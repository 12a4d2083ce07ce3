"""The song that `make demo` maps, and the code that composes it and others like it."""
