// Elements in one call. Text is always text, never markup.

/** An element: attributes by name (on… are listeners, false and null are left out), then children and text. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Puts children in place of those that an element has. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

let serial = 0;

/** A name that no other element has. */
export function newId(prefix) {
  serial += 1;
  return `${prefix}-${serial}`;
}

/** Calls after a pause, once for many calls. */
export function afterPause(call, pauseMs) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...values), pauseMs);
  };
}
