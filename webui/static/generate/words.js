// Sentences of the server in the words of the page: names of options become the labels of their fields.

import { hasText, t } from "/static/texts.js";

const RANGE = /^(\w+) must be within ([-\d.]+)\.\.([-\d.]+), got (.+)\.$/;
const NUMBERED_MODES = /\s*\(gamemode=[\d, ]+\)/g;
const CHOSEN_MODE = /\bgamemode is ([0-3])\b/g;
const NAMES = /\b(?:[a-z]+(?:_[a-z]+)+|gamemode|keycount)\b|^[a-z]+\b(?= (?:must|is|needs|has|may|names|cannot)\b)/g;

export const labelOf = (name) => (hasText(`option.${name}`) ? t(`option.${name}`) : name);

/** A sentence about options as the page says it; where the catalogue has none for it, in English. */
export function inPageWords(sentence) {
  if (!sentence) return sentence;
  const range = RANGE.exec(sentence);
  if (range) {
    const [, name, low, high, got] = range;
    return t("generate.out_of_range", { name: labelOf(name), low, high, got });
  }
  return sentence.replace(NUMBERED_MODES, "").replace(CHOSEN_MODE, (_, mode) => t("generate.mode_is", { mode: t(`mode.${mode}`) }))
    .replace(NAMES, (name) => (hasText(`option.${name}`) ? t("generate.quoted", { name: t(`option.${name}`) }) : name));
}
