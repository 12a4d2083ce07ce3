// Colours of the playfields: dark in every theme, as in the game.

export const FIELD = "#12121a";
export const FIELD_LINE = "rgba(255,255,255,0.10)";
export const FIELD_TEXT = "rgba(255,255,255,0.75)";
export const DON = "#eb452c";
export const KAT = "#448dab";
export const ROLL = "#fcb806";
export const DENDEN = "#9b6bdf";
export const BANANA = "#ffe14d";
export const HYPER = "#ff4646";
export const KEY_COLOURS = ["#eef0f8", "#6fc3ff", "#ffd166"];

export function css([red, green, blue], alpha = 1) {
  return `rgba(${red},${green},${blue},${alpha})`;
}

// Towards white (share above 0) or black (below).
export function shaded([red, green, blue], share) {
  const target = share > 0 ? 255 : 0;
  return [red, green, blue].map((value) => Math.round(value + (target - value) * Math.abs(share)));
}

export function colourOf(map, object) {
  const count = map.colours.length;
  return map.colours[(((object.colour ?? 0) % count) + count) % count];
}

// Which of the key colours a mania column has: white and blue in turn from the sides, gold in the middle.
export function keyColour(column, keys) {
  if (keys % 2 === 1 && column === (keys - 1) / 2) return KEY_COLOURS[2];
  const fromSide = Math.min(column, keys - 1 - column);
  return KEY_COLOURS[fromSide % 2];
}
