// The frame of every page: navigation, language, and the module of the page itself.

import { get, isLocal, watchConnection } from "/static/api.js";
import { el, fill } from "/static/dom.js";
import { language, t } from "/static/texts.js";

const PAGES = [
  { path: "/", module: "/static/generate/page.js", title: "shell.generate" },
  { path: "/mai-mod", module: "/static/maimod.js", title: "shell.maimod" },
  { path: "/api/docs", module: "/static/api_page.js", title: "shell.api" },
];

const query = new URLSearchParams(location.search);
if (query.has("token")) {
  // The cookie knows it from here on; an address bar is the wrong place to keep a secret.
  query.delete("token");
  history.replaceState(null, "", location.pathname + (query.size ? `?${query}` : "") + location.hash);
}

const page = PAGES.find((each) => each.path === location.pathname) ?? PAGES[0];
const root = el("main", { id: "page", tabindex: "-1" });
const lost = el("p", { class: "lost", role: "alert", hidden: true }, t("shell.lost"));

document.title = `${t(page.title)} · ${t("shell.title")}`;
document.body.append(
  el("a", { class: "skip", href: "#page" }, t("shell.skip")),
  header(),
  lost,
  root,
);
watchConnection((isThere) => { lost.hidden = isThere; });

function header() {
  const links = PAGES.map((each) =>
    el("a", { href: each.path, "aria-current": each === page ? "page" : null }, t(each.title)));
  return el("header", { class: "top" },
    el("a", { class: "brand", href: "/" },
      el("img", { src: "/static/icon.svg", alt: "", width: 28, height: 28 }), el("span", {}, t("shell.title"))),
    el("nav", { "aria-label": t("shell.navigation") }, links),
    languagePicker());
}

function languagePicker() {
  const select = el("select", { "aria-label": t("shell.language"), class: "quiet", onchange: () => {
    document.cookie = `beatmaps-language=${select.value}; path=/; max-age=31536000; samesite=strict`;
    location.reload();
  } });
  get("/api/languages").then((known) => {
    fill(select, Object.entries(known).map(([code, name]) =>
      el("option", { value: code, selected: code === language, lang: code }, name)));
  });
  return select;
}

try {
  const { mount } = await import(page.module);
  await mount(root, { path: page.path, query, boot: { language, isLocal } });
} catch (error) {
  console.error(error);
  fill(root, el("p", { class: "card", role: "alert" }, t("shell.not_there")));
}
