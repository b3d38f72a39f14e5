/* Adding footage from the server's folders: choose, confirm camera and clock, go. */

import { get, post } from "./api.js";
import { dialog } from "./dialog.js";
import { h, icon, scroller } from "./dom.js";
import { chosenWords, Folders } from "./folders.js";
import { known } from "./known.js";
import { doing, say } from "./messages.js";
import { FROM } from "./sources.js";
import { t, tn } from "./texts.js";
import { fromInput, length, sameInput, toInput } from "./words.js";

/** The dialog of adding; `files()` opens the browser's own choice of files to upload. */
export function addFromFolders({ files, changed }) {
  const chosen = new Set();
  const next = h("button", { type: "button", class: "btn main", disabled: true, onclick: () => doing(next, () => confirm(open, [...chosen], changed)) }, t("Next"));
  const count = h("span", { class: "soft grow", "aria-live": "polite" });
  const upload = h("button", { type: "button", class: "btn", onclick: () => { open.close(); files(); } }, icon("upload"), t("Upload from this browser…"));
  const folders = new Folders({ chosen, changed: () => { next.disabled = chosen.size === 0; count.textContent = chosen.size ? chosenWords(chosen) : ""; } });
  const open = dialog(t("Add footage"), [h("p", { class: "soft" }, t("Choose files or whole folders. They are read where they lie; nothing is copied or changed.")), folders.element], [upload, count, next], { wide: true });
}

async function confirm(open, paths, changed) {
  const [guesses, cameras] = await Promise.all([post("/footage/guess", { paths }), get("/cameras")]);
  const rows = guesses.map(row);
  const usable = rows.filter((one) => one.usable).length;
  const go = h("button", { type: "button", class: "btn main", disabled: usable === 0, onclick: () => doing(go, async () => {
    for (const footage of grouped(rows)) await post("/footage", footage);
    open.close();
    say(t("It is being looked through. This page can be closed meanwhile."));
    changed();
  }) }, tn("Look through {count} file", "Look through {count} files", usable));
  open.body(
    h("p", {}, t("Is this right? Camera and clock were guessed from the files; both can be changed later too.")),
    h("datalist", { id: "cameras-known" }, cameras.map((camera) => h("option", { value: camera.name }))),
    scroller(t("File"), h("table", { class: "guesses" }, h("thead", {}, h("tr", {}, h("th", {}, t("File")), h("th", {}, t("Camera")), h("th", {}, t("Begins at")))), h("tbody", {}, rows.map((one) => one.element)))));
  open.foot(go);
  go.focus();
}

function row(guess) {
  const label = guess.path.split(/[\\/]/).pop();
  const size = [guess.duration ? length(guess.duration) : "", guess.width ? `${guess.width} × ${guess.height}` : ""].filter(Boolean).join(" · ");
  if (guess.problem) {
    const element = h("tr", {}, h("td", {}, label), h("td", { colspan: 2 }, h("span", { class: "chip bad" }, icon("warn"), known(guess.problem))));
    return { usable: false, element };
  }
  const before = guess.wall_start ? toInput(guess.wall_start) : "";
  const camera = h("input", { type: "text", value: guess.camera, list: "cameras-known", maxlength: 100, "aria-label": t("Camera of {name}", { name: label }) });
  const start = h("input", { type: "datetime-local", step: 1, value: before, "aria-label": t("{name} begins at", { name: label }) });
  const from = FROM()[guess.started_from] ?? t("no clock found");
  const element = h("tr", {}, h("td", {}, label, h("small", {}, size)), h("td", {}, camera), h("td", {}, start, h("small", { title: known(guess.note) }, from)));
  return { usable: true, element, value: () => ({ path: guess.path, camera: camera.value.trim() || null, start: start.value && !sameInput(start.value, before) ? fromInput(start.value) : null }) };
}

/** One request for all files of a camera, so that they are one job; a clock set by hand goes alone. */
function grouped(rows) {
  const groups = new Map();
  for (const { usable, value } of rows) {
    if (!usable) continue;
    const { path, camera, start } = value();
    const group = JSON.stringify([camera, start]);
    if (!groups.has(group)) groups.set(group, { paths: [], ...(camera ? { camera } : {}), ...(start ? { start } : {}) });
    groups.get(group).paths.push(path);
  }
  return groups.values();
}
