// Text in the language of the page, from the catalogue of the server.

export const language = document.documentElement.lang || "en";

const answer = await fetch(`/api/texts/${language}`);
const texts = answer.ok ? await answer.json() : {};

/** Whether the catalogue has a text. */
export const hasText = (key) => key in texts;

/** Texts whose keys begin alike, as [rest of the key, text]. */
export const textsOf = (prefix) =>
  Object.entries(texts).filter(([key]) => key.startsWith(prefix)).map(([key, text]) => [key.slice(prefix.length), text]);

/** The text of a key with {placeholders} filled in; the key itself where there is no text. */
export function t(key, values = {}) {
  const text = texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** The text of a key, or what the server said where the catalogue has none. */
export const textOr = (key, fallback) => texts[key] ?? fallback;

/** A number as the language writes it. */
export const number = (value, decimals = 0) =>
  Number(value).toLocaleString(language, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });

/** Minutes and seconds. */
export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Bytes in the unit that suits them. */
export function size(bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const step = Math.min(3, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** step;
  return new Intl.NumberFormat(language, {
    style: "unit", unit: units[step], unitDisplay: "short", maximumFractionDigits: value < 10 && step ? 1 : 0,
  }).format(value);
}
