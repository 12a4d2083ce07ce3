// Colours of the timeline and of its legend.

export const STRAIN_COLOURS = ["#ff7aa8", "#6fc3ff", "#8be28b"];
export const KIAI_COLOUR = "#ffd166";
export const BREAK_CLASS = "muted-mark";
