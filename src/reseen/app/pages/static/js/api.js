/* The door to /api/v1: JSON in, JSON out, problems as errors in plain words. */

import { known } from "./known.js";
import { t } from "./texts.js";

export const BASE = "/api/v1";

class ApiError extends Error {
  constructor(status, detail, title = "") {
    super(detail || title || t("Something went wrong (error {status}).", { status }));
    this.status = status;
  }
}

async function failure(answer) {
  let problem = {};
  try {
    problem = await answer.json();
  } catch {
    /* no body, or not JSON: the status says it */
  }
  const detail = typeof problem.detail === "string" ? known(problem.detail) : "";
  return new ApiError(answer.status, detail, known(problem.title ?? ""));
}

/** Goes to the way in, and comes back here afterwards. */
export function signIn() {
  if (location.pathname === "/sign-in") return;
  location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
}

/** One request; throws an ApiError with a sentence for people. */
export async function request(method, path, { json, body, headers = {}, signal, keepalive } = {}) {
  let answer;
  try {
    answer = await fetch(BASE + path, {
      method,
      signal,
      keepalive,
      credentials: "same-origin",
      headers: { accept: "application/json", ...(json === undefined ? {} : { "content-type": "application/json" }), ...headers },
      body: json === undefined ? body : JSON.stringify(json),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, t("Reseen does not answer. Is it still running?"));
  }
  if (answer.status === 401 && path !== "/session") signIn();
  if (!answer.ok) throw await failure(answer);
  if (answer.status === 204) return null;
  const text = await answer.text();
  return text ? JSON.parse(text) : null;
}

export const get = (path, options) => request("GET", path, options);
export const post = (path, json = {}, options = {}) => request("POST", path, { json, ...options });
export const put = (path, json = {}) => request("PUT", path, { json });
export const patch = (path, json = {}) => request("PATCH", path, { json });
export const del = (path) => request("DELETE", path);

/** A query string of what is set; lists repeat the name. */
export function query(values) {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === undefined || value === "") continue;
    for (const one of Array.isArray(value) ? value : [value]) parts.append(name, one);
  }
  const text = parts.toString();
  return text ? `?${text}` : "";
}

/** Everything of a paged list, page by page. */
export async function all(path, values = {}, most = 5000) {
  const items = [];
  let cursor = null;
  do {
    const page = await get(path + query({ limit: 200, ...values, cursor }));
    items.push(...page.items);
    cursor = page.next;
  } while (cursor && items.length < most);
  return items;
}

export const link = {
  photo: (id) => `${BASE}/photos/${encodeURIComponent(id)}/image`,
  shot: (id) => `${BASE}/shots/${id}/image`,
  video: (source) => `${BASE}/sources/${source}/video`,
  frame: (source, time, width) => `${BASE}/sources/${source}/frame${query({ time: time.toFixed(3), width })}`,
};
