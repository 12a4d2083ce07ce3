"""How exact the timing is: of the fit alone, of synthetic songs whose truth is known, and of held-out songs."""
