"""Hit objects <-> events: one kind of object a module, both directions side by side."""
