// Sentences of the server in the language and the words of the page. The catalogue has each sentence as the server says it
// (pattern.KEY) and as the page does (message.KEY); names of options become the labels of their fields.

import { hasText, t, textsOf } from "/static/texts.js";

const PLACEHOLDER = /\{(\w+)\}/;
const NUMBERED_MODES = /\s*\(gamemode=[\d, ]+\)/g;
const CHOSEN_MODE = /\bgamemode is ([0-3])\b/g;
const NAMES = /\b(?:[a-z]+(?:_[a-z]+)+|gamemode|keycount)\b|^[a-z]+\b(?= (?:must|is|needs|has|may|names|cannot)\b)/g;
const ABOUT = /^([^:]+: )(.+)$/s;
/** Values that are sentences or lists of options themselves. */
const HAVE_WORDS = ["reason", "names"];

let patterns = null;

export const labelOf = (name) => (hasText(`option.${name}`) ? t(`option.${name}`) : name);

/** A sentence of the server as the page says it; where the catalogue has none for it, in English. */
export function inPageWords(sentence) {
  return sentence && (translated(sentence) ?? withLabels(sentence));
}

/** A sentence of the server in the language of the page; null where the catalogue has none for it. */
export function translated(sentence) {
  patterns ??= textsOf("pattern.").map(([key, pattern]) => ({ key, ...compiled(pattern) }));
  for (const { key, expression, names } of patterns) {
    const found = expression.exec(sentence);
    if (!found) continue;
    const values = names.map((name, index) => {
      const value = found[index + 1];
      return [name, name === "option" ? labelOf(value) : HAVE_WORDS.includes(name) ? inPageWords(value) : value];
    });
    return t(`message.${key}`, Object.fromEntries(values));
  }
  // Notes of a mapset begin with the names of its difficulties.
  const about = ABOUT.exec(sentence);
  const rest = about && translated(about[2]);
  return rest ? about[1] + rest : null;
}

function compiled(pattern) {
  const parts = pattern.split(PLACEHOLDER);
  const names = parts.filter((_, index) => index % 2);
  const source = parts.map((part, index) => (index % 2 ? (part === "option" ? "(\\w+)" : "([^]+?)") : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")));
  return { names, expression: new RegExp(`^${source.join("")}$`) };
}

function withLabels(sentence) {
  return sentence.replace(NUMBERED_MODES, "").replace(CHOSEN_MODE, (_, mode) => t("generate.mode_is", { mode: t(`mode.${mode}`) }))
    .replace(NAMES, (name) => (hasText(`option.${name}`) ? t("generate.quoted", { name: t(`option.${name}`) }) : name));
}
