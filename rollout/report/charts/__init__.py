"""One drawing a file: each a function of figures, a width and an id."""
