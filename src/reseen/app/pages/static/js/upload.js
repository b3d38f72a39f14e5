/* Uploads in pieces: they go on where they stopped, also after the page was closed. */

import { del, get, post, request } from "./api.js";
import { dialog } from "./dialog.js";
import { $, h, icon, show } from "./dom.js";
import { say } from "./messages.js";
import { t, tn } from "./texts.js";
import { about, bytes, fromInput, number, percent } from "./words.js";

const PIECE = 8 * 2 ** 20;
const KEPT = "reseen:uploads";

const kept = () => JSON.parse(localStorage.getItem(KEPT) ?? "{}");
const mark = (file) => `${file.name}|${file.size}|${file.lastModified}`;

function keep(file, id) {
  const all = kept();
  if (id) all[mark(file)] = id;
  else delete all[mark(file)];
  localStorage.setItem(KEPT, JSON.stringify(all));
}

/** Asks for camera and clock, then uploads one file after the other. */
export function takeFiles(files, changed) {
  if (!files.length) return;
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const guess = files.length === 1 ? files[0].name.replace(/\.[^.]+$/, "").replace(/[_-]?\d{6,}.*$/, "") : "";
  const camera = h("input", { type: "text", value: guess, maxlength: 100, list: "upload-cameras" });
  const start = h("input", { type: "datetime-local", step: 1 });
  const go = h("button", { class: "btn main", form: "uploading" }, icon("upload"), tn("Upload {count} file", "Upload {count} files", files.length));
  const cameras = h("datalist", { id: "upload-cameras" });
  get("/cameras").then((found) => show(cameras, found.map((one) => h("option", { value: one.name })))).catch(() => {});
  const form = h("form", { id: "uploading", class: "stack", onsubmit: (event) => {
    event.preventDefault();
    const facts = { ...(camera.value.trim() ? { camera: camera.value.trim() } : {}), ...(start.value ? { wall_start: fromInput(start.value) } : {}) };
    new Uploads(open, files, facts, changed).run();
  } },
  h("p", {}, `${files.length === 1 ? files[0].name : tn("{count} file", "{count} files", files.length)} · ${bytes(total)}`),
  h("label", { class: "field" }, h("span", {}, t("Camera (empty: from each file's name)")), camera, cameras),
  h("label", { class: "field" }, h("span", {}, t("Begins at (empty: from the file or its name)")), start),
  h("p", { class: "soft" }, t("What was guessed is shown in the list, to be confirmed or changed. An upload that stops goes on when the same file is chosen again.")));
  const open = dialog(t("Upload footage"), form, [go], { onclose: () => open.running?.close() });
}

class Uploads {
  constructor(open, files, facts, changed) {
    this.open = open;
    this.facts = facts;
    this.changed = changed;
    this.stop = new AbortController();
    this.rows = files.map((file) => ({ file, line: h("small", { "aria-live": "off" }, t("waiting")), bar: h("b") }));
    open.running = { close: () => this.closed() };
  }

  async run() {
    const cancel = h("button", { type: "button", class: "btn", onclick: () => { this.dropped = true; this.stop.abort(); } }, t("Cancel"));
    this.open.body(h("ul", { class: "uploads plain" }, this.rows.map(({ file, line, bar }) => h("li", {}, h("b", {}, file.name), line, h("span", { class: "bar" }, bar)))), h("p", { class: "soft" }, t("Keep this page open until the upload is done. Looking through begins with the first file that is here.")));
    this.open.foot(cancel);
    let failed = 0;
    for (const row of this.rows) {
      try {
        await this.one(row);
      } catch (error) {
        failed += 1;
        row.line.textContent = error.name === "AbortError" ? t("stopped") : error.message;
        if (this.stop.signal.aborted) break;
      }
    }
    this.done = true;
    this.changed();
    if (!failed) {
      this.open.close();
      say(t("It is being looked through. This page can be closed meanwhile."));
    } else this.open.foot(h("button", { type: "button", class: "btn", onclick: () => this.open.close() }, t("Close")));
  }

  async one(row) {
    const { file } = row;
    const upload = await this.begin(file);
    const started = performance.now();
    const from = upload.received;
    let received = from;
    while (received < file.size) {
      const piece = file.slice(received, received + PIECE);
      const now = await this.send(upload.id, received, piece);
      received = now.received;
      const speed = (received - from) / ((performance.now() - started) / 1000);
      row.bar.style.width = `${(100 * received) / file.size}%`;
      row.line.textContent = t("{part} · {speed} MB/s · {time} left", { part: percent(received / file.size), speed: number(speed / 1e6, 1), time: about((file.size - received) / Math.max(speed, 1)) });
    }
    await post(`/uploads/${upload.id}/finish`, this.facts);
    keep(file, null);
    row.bar.style.width = "100%";
    row.line.textContent = t("here");
    this.changed();
  }

  /** The upload of this file that was begun before, or a new one. */
  async begin(file) {
    const known = kept()[mark(file)];
    if (known) {
      const found = await get(`/uploads/${known}`).catch(() => null);
      if (found && found.size === file.size) return found;
    }
    const made = await post("/uploads", { name: file.name, size: file.size });
    keep(file, made.id);
    return made;
  }

  /** Sends a piece; a connection that breaks is tried again, a few times. */
  async send(id, offset, piece) {
    for (let tries = 0; ; tries += 1) {
      try {
        return await request("PUT", `/uploads/${id}?offset=${offset}`, { body: piece, headers: { "content-type": "application/octet-stream" }, signal: this.stop.signal });
      } catch (error) {
        if (error.status !== 0 || tries >= 4) {
          if (this.dropped) this.forget(id);
          throw error;
        }
        await new Promise((resolve) => { setTimeout(resolve, 800 * 2 ** tries); });
      }
    }
  }

  forget(id) {
    for (const { file } of this.rows) if (kept()[mark(file)] === id) keep(file, null);
    del(`/uploads/${id}`).catch(() => {});
  }

  closed() {
    if (!this.done) this.stop.abort();
  }
}

/** Says which uploads wait for their file to be chosen again. */
export function unfinishedUploads() {
  const names = Object.keys(kept()).map((one) => one.split("|")[0]);
  if (!names.length) return;
  const place = h("div", { class: "panel" }, icon("upload"), h("div", { class: "what" }, h("b", {}, tn("{count} upload was not finished", "{count} uploads were not finished", names.length)), h("small", {}, t("Choose again to go on: {names}", { names: names.join(", ") }))),
    h("button", { type: "button", class: "btn small", onclick: () => $("#choose-files").click() }, t("Choose files")),
    h("button", { type: "button", class: "btn ghost small", onclick: () => { for (const id of Object.values(kept())) del(`/uploads/${id}`).catch(() => {}); localStorage.removeItem(KEPT); place.parentElement.remove(); } }, t("Forget")));
  $("#jobs").before(h("div", { class: "jobs" }, place));
}
