// The documentation of the HTTP API, drawn from /api/openapi.json. Nothing is loaded from elsewhere.

import { get } from "/static/api.js";
import { el } from "/static/dom.js";
import { t } from "/static/texts.js";

export async function mount(root) {
  const api = await get("/api/openapi.json");
  const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })));
  root.append(el("div", { class: "stack" },
    el("h1", {}, t("api.heading")),
    el("p", {}, t("api.about")),
    el("pre", {}, `curl -H "X-Session-Token: TOKEN" ${location.origin}/api/jobs\n`
      + `curl -H "X-Session-Token: TOKEN" --data-binary @song.mp3 "${location.origin}/api/uploads?name=song.mp3"`),
    el("p", {}, el("a", { href: "/api/openapi.json" }, "openapi.json")),
    operations.map((each) => operationCard(each, api))));
}

function operationCard({ path, method, operation }, api) {
  const parameters = operation.parameters ?? [];
  const body = operation.requestBody?.content?.["application/json"]?.schema;
  const answers = Object.entries(operation.responses ?? {}).filter(([status]) => status.startsWith("2"));
  const head = [el("code", { class: "method" }, method.toUpperCase()), el("code", {}, path),
    el("span", { class: "muted", lang: "en" }, operation.summary)];
  return el("details", { class: "card" }, el("summary", {}, el("span", { class: "row operation" }, head)),
    el("div", { class: "stack" },
      parameters.length ? [el("h3", {}, t("api.parameters")), el("ul", {}, parameters.map((each) => parameter(each, api)))] : null,
      body ? [el("h3", {}, t("api.body")), schemaList(body, api)] : null,
      answers.map(([status, answer]) => [el("h3", {}, t("api.answer", { status })),
        schemaList(answer.content?.["application/json"]?.schema, api)])));
}

const parameter = (each, api) =>
  el("li", {}, el("code", {}, each.name), ` ${typeName(each.schema, api)} · ${t(`api.in_${each.in}`)}`);

function schemaList(schema, api) {
  const resolved = follow(schema, api);
  if (!resolved) return el("p", { class: "muted" }, "—");
  if (!resolved.properties) return el("p", {}, el("code", {}, typeName(schema, api)));
  return el("ul", {}, Object.entries(resolved.properties).map(([name, each]) => el("li", {},
    el("code", {}, name), ` ${typeName(each, api)}`, each.description ? el("span", { class: "muted", lang: "en" }, ` ${each.description}`) : null)));
}

function follow(schema, api) {
  if (!schema) return null;
  return schema.$ref ? api.components.schemas[schema.$ref.split("/").at(-1)] : schema;
}

/** A type in a few words, as JSON has them. */
function typeName(schema, api) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  if (schema.anyOf) return schema.anyOf.map((each) => typeName(each, api)).join(" | ");
  if (schema.enum) return schema.enum.map((each) => JSON.stringify(each)).join(" | ");
  if (schema.type === "array") return `[${typeName(schema.items, api)}]`;
  if (schema.type === "object" && typeof schema.additionalProperties === "object") return `{…: ${typeName(schema.additionalProperties, api)}}`;
  return schema.type ?? "…";
}
