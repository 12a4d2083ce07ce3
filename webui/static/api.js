// The server: requests with the session's token, uploads, and all jobs as they change.

import { inPageWords } from "/static/generate/words.js";

const token = document.documentElement.dataset.token;
const QUICK_MS = 500;
const SLOW_MS = 3000;
const AWAY_MS = 5000;

/** Whether the server runs on this computer, for its user. */
export const isLocal = document.documentElement.dataset.local === "true";

/** What the server refused, in a sentence; `option` names the option that it is about. Status 0: no answer. */
export class ApiError extends Error {
  constructor(status, message, option = null) {
    super(inPageWords(message));
    this.status = status;
    this.option = option;
  }
}

async function request(method, path, body, read = (answer) => answer.json()) {
  const headers = { "X-Session-Token": token };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new ApiError(0, "");
  }
  if (answer.status === 204) return null;
  const data = await (answer.ok ? read(answer) : answer.json()).catch(() => null);
  if (!answer.ok) throw new ApiError(answer.status, data?.detail ?? answer.statusText, data?.option ?? null);
  return data;
}

export const get = (path) => request("GET", path);
export const post = (path, body = {}) => request("POST", path, body);
export const put = (path, body) => request("PUT", path, body);
/** Waits for an answer in lines of JSON; resolves to the last one. */
export const lastLine = (path, body) =>
  request("POST", path, body, async (answer) => JSON.parse((await answer.text()).trim().split("\n").at(-1)));
export const remove = (path) => request("DELETE", path);

/** Sends a file; `onProgress` is told the share that has gone. Resolves to the upload. */
export function upload(file, onProgress = () => {}) {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open("POST", `/api/uploads?name=${encodeURIComponent(file.name)}`);
    sending.setRequestHeader("X-Session-Token", token);
    sending.responseType = "json";
    sending.upload.onprogress = (event) => onProgress(event.loaded / Math.max(1, event.total));
    sending.onerror = () => reject(new ApiError(0, ""));
    sending.onload = () => {
      if (sending.status === 201) resolve(sending.response);
      else reject(new ApiError(sending.status, sending.response?.detail ?? ""));
    };
    sending.send(file);
  });
}

/** All jobs by id, as last heard. */
export const jobs = new Map();

const watchers = new Set();
const connectionWatchers = new Set();
let revision = 0;
let timer = 0;
let isConnected = true;

/** Calls with the jobs now and whenever one changes; returns what stops that. */
export function watchJobs(callback) {
  watchers.add(callback);
  if (watchers.size === 1) refreshJobs();
  else callback(jobs);
  return () => watchers.delete(callback);
}

/** Calls with true or false as the server is found or lost. */
export function watchConnection(callback) {
  connectionWatchers.add(callback);
  return () => connectionWatchers.delete(callback);
}

/** Asks for changes now rather than at the next turn. */
export async function refreshJobs() {
  clearTimeout(timer);
  let pauseMs = AWAY_MS;
  try {
    const changes = await get(`/api/jobs?after=${revision}`);
    const isNews = changes.jobs.length || changes.removed.length || revision === 0;
    revision = changes.revision;
    for (const job of changes.jobs) jobs.set(job.id, job);
    for (const id of changes.removed) jobs.delete(id);
    setConnected(true);
    if (isNews) for (const callback of watchers) callback(jobs);
    const isBusy = [...jobs.values()].some((job) => job.state === "running" || job.state === "queued");
    pauseMs = document.hidden ? AWAY_MS : isBusy ? QUICK_MS : SLOW_MS;
  } catch {
    setConnected(false);
  }
  clearTimeout(timer);
  timer = setTimeout(refreshJobs, pauseMs);
}

function setConnected(is) {
  if (is === isConnected) return;
  isConnected = is;
  for (const callback of connectionWatchers) callback(is);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && watchers.size) refreshJobs();
});
