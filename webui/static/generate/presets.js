// Presets: options under a name, kept by the server, as a file for other computers.

import { get, put, remove } from "/static/api.js";
import { el, fill, newId } from "/static/dom.js";
import { t } from "/static/texts.js";

/** A bar over the form. `read()` gives the options of the form, `write(options)` puts options into it. */
export function presetBar(read, write) {
  const id = newId("preset");
  let presets = {};
  const said = el("span", { class: "small muted", role: "status" });
  const select = el("select", { id, onchange: () => { if (presets[select.value]) write(presets[select.value]); } });
  const name = el("input", { type: "text", "aria-label": t("generate.preset_name"), placeholder: t("generate.preset_name"), maxlength: 80 });
  const file = el("input", { type: "file", accept: ".json", class: "visually-hidden", tabindex: "-1", "aria-hidden": "true", onchange: bringIn });

  const tell = (error) => { said.textContent = error ? error.message || t("shell.no_answer") : ""; };
  const guarded = (call) => async () => {
    tell(null);
    try { await call(); } catch (error) { tell(error); }
  };

  function draw(chosen = "") {
    fill(select, el("option", { value: "" }, t("generate.no_preset")),
      Object.keys(presets).sort().map((each) => el("option", { value: each, selected: each === chosen }, each)));
  }

  const keep = guarded(async () => {
    const wanted = name.value.trim() || select.value;
    if (!wanted) {
      said.textContent = t("generate.preset_needs_name");
      name.focus();
      return;
    }
    presets = await put(`/api/presets/${encodeURIComponent(wanted)}`, read());
    name.value = "";
    draw(wanted);
    said.textContent = t("generate.preset_saved", { name: wanted });
  });

  const forget = guarded(async () => {
    if (!select.value) {
      said.textContent = t("generate.preset_choose");
      return;
    }
    await remove(`/api/presets/${encodeURIComponent(select.value)}`);
    presets = await get("/api/presets");
    draw();
  });

  function takeOut() {
    const chosen = select.value || name.value.trim() || "preset";
    const content = { name: chosen, options: presets[select.value] ?? read() };
    const link = el("a", { download: `${chosen}.json`, href: URL.createObjectURL(new Blob([JSON.stringify(content, null, 1)], { type: "application/json" })) });
    link.click();
    URL.revokeObjectURL(link.href);
  }

  async function bringIn() {
    tell(null);
    try {
      const content = JSON.parse(await file.files[0].text());
      if (typeof content?.options !== "object" || !content.name) throw new Error(t("generate.no_preset_file"));
      presets = await put(`/api/presets/${encodeURIComponent(content.name)}`, content.options);
      draw(content.name);
      write(presets[content.name] ?? content.options);
    } catch (error) {
      said.textContent = error instanceof SyntaxError ? t("generate.no_preset_file") : error.message;
    }
    file.value = "";
  }

  get("/api/presets").then((found) => { presets = found; draw(); }).catch(tell);
  draw();
  const button = (key, onclick) => el("button", { type: "button", class: "button small", onclick }, t(key));
  return el("details", { class: "presets" }, el("summary", {}, t("generate.presets")),
    el("div", { class: "stack tight" },
      el("div", { class: "row" }, el("label", { for: id, class: "visually-hidden" }, t("generate.presets")), select,
        button("generate.preset_forget", forget), button("generate.preset_export", takeOut),
        button("generate.preset_import", () => file.click()), file),
      el("div", { class: "row" }, name, button("generate.preset_save", keep), said)));
}
