/* The table of sources. */

import { link, patch, post } from "./api.js";
import { drawAreas } from "./areas.js";
import { dialog, menu } from "./dialog.js";
import { h, icon } from "./dom.js";
import { chooseOne } from "./folders.js";
import { known } from "./known.js";
import { doing, say } from "./messages.js";
import { removeSource } from "./removal.js";
import { progressLine } from "./shell.js";
import { t } from "./texts.js";
import { fromInput, later, length, lost, moment, number, sameInput, toInput, when } from "./words.js";

/** Where a source's clock comes from. */
export const FROM = () => ({ name: t("from the file's name"), metadata: t("from the file"), given: t("set by you") });

const stills = new Map();

/** A picture of a source; the same element each time the table is drawn, so that it is fetched once. */
function still(source) {
  if (!stills.has(source.id)) stills.set(source.id, h("img", { src: link.frame(source.id, Math.min((source.duration ?? 0) / 2, 5), 168), alt: "", loading: "lazy" }));
  return stills.get(source.id);
}

/** Draws the sources; `changed()` is called when one was changed here. */
export function sourceTable(sources, hooks) {
  return h("table", { class: "sources" },
    h("thead", {}, h("tr", {}, h("th", {}, t("Source")), h("th", {}, t("Camera and clock")), h("th", {}, t("Looked through")), h("th", { class: "number" }, t("People")), h("th", {}, h("span", { class: "only-read" }, t("More"))))),
    h("tbody", {}, sources.map((source) => row(source, hooks))));
}

function row(source, hooks) {
  const size = [source.duration ? length(source.duration) : source.kind === "image" ? t("picture") : "", source.width ? `${source.width} × ${source.height}` : ""].filter(Boolean).join(" · ");
  const more = h("button", { type: "button", class: "btn ghost", "aria-haspopup": "menu", "aria-label": t("More about {name}", { name: source.name }), onclick: () => menu(more, entries(source, hooks)) }, icon("more"));
  const picture = source.state === "failed" || source.gone ? h("span", {}, icon("film"))
    : h("a", { href: `/look?source=${source.id}`, tabindex: "-1", "aria-hidden": "true" }, still(source));
  return h("tr", { class: source.gone ? "gone" : "", dataset: { source: source.id } },
    h("td", {}, h("div", { class: "name" }, picture, h("div", {}, h("b", {}, source.name), h("small", {}, size), source.gone && h("span", { class: "chip warn" }, icon("warn"), t("The file is gone"))))),
    h("td", {}, source.camera, h("small", {}, source.wall_start ? moment(source.wall_start) : t("no clock"), " ", source.started_from && h("span", { class: "chip quiet", title: known(source.clock_note) }, FROM()[source.started_from] ?? ""))),
    h("td", {}, looked(source, hooks.jobs)),
    h("td", { class: "number" }, number(source.people ?? 0)),
    h("td", { class: "number" }, more));
}

function looked(source, jobs) {
  if (source.state === "failed") return [h("span", { class: "chip bad" }, icon("warn"), t("could not be read")), h("small", {}, known(source.failure))];
  const working = jobs.length > 0;
  const fraction = source.progress?.fraction ?? (source.state === "done" ? 1 : 0);
  if (source.state !== "done") {
    const paused = jobs.find((job) => job.state === "paused");
    const line = progressLine({ state: paused ? "paused" : "running", progress: { ...source.progress, fraction } });
    return [h("span", { class: "bar" }, h("b", { style: { width: `${100 * fraction}%` } })), h("small", {}, working ? (source.state === "pending" && !fraction ? t("waiting") : line) : t("not finished: {part}", { part: line || t("not begun") }))];
  }
  if (!source.skipped?.length) return [t("All"), (source.warnings ?? []).map((warning) => h("small", {}, known(warning)))];
  const why = source.skipped.slice(0, 3).map((gap) => h("small", {}, t("{from} to {to}: {reason}", { from: when(later(source.wall_start, gap.start), gap.start), to: when(later(source.wall_start, gap.end), gap.end), reason: known(gap.reason) })));
  return [t("Most"), " ", h("span", { class: "chip warn" }, icon("warn"), t("{time} could not be read", { time: length(lost(source.skipped)) })), why];
}

function entries(source, hooks) {
  const camera = hooks.cameras.find((one) => one.name === source.camera);
  return [
    { text: t("Look at it"), icon: "play", href: `/look?source=${source.id}` },
    hooks.admin && { text: t("Camera and clock…"), icon: "clock", run: () => cameraAndClock(source, hooks) },
    hooks.admin && { text: t("Areas to watch or ignore…"), icon: "area", run: () => drawAreas(source, camera, hooks.changed) },
    hooks.admin && { text: t("The file is elsewhere…"), icon: "link", run: () => relink(source, hooks) },
    hooks.admin && { text: t("Remove…"), icon: "trash", danger: true, run: () => removeSource(source, hooks.changed) },
  ];
}

function relink(source, hooks) {
  chooseOne(t("Where is {name} now?", { name: source.name }), async (path) => {
    await post(`/sources/${source.id}/relink`, { path });
    say(t("Found again: it is the same footage."));
    hooks.changed();
  });
}

/** Names the camera and sets the clock; shown for confirmation wherever it was guessed. */
function cameraAndClock(source, hooks) {
  const camera = h("input", { type: "text", value: source.camera, list: "known-cameras", required: true, maxlength: 100 });
  const start = h("input", { type: "datetime-local", step: 1, value: source.wall_start ? toInput(source.wall_start) : "" });
  const save = h("button", { class: "btn main", form: "clock" }, t("Save"));
  const form = h("form", { id: "clock", class: "stack", onsubmit: (event) => {
    event.preventDefault();
    doing(save, async () => {
      await patch(`/sources/${source.id}`, { camera: camera.value.trim(), ...(!sameInput(start.value, source.wall_start ? toInput(source.wall_start) : "") ? { wall_start: fromInput(start.value) } : {}) });
      open.close();
      hooks.changed();
    });
  } },
  h("label", { class: "field" }, h("span", {}, t("Camera")), camera), h("datalist", { id: "known-cameras" }, hooks.cameras.map((one) => h("option", { value: one.name }))),
  h("label", { class: "field" }, h("span", {}, t("The first picture was taken at")), start),
  source.started_from && h("p", { class: "soft" }, t("Known {from}.", { from: FROM()[source.started_from] }), " ", known(source.clock_note)),
  h("p", { class: "soft" }, t("Consecutive recordings of one camera count as one stretch of time.")));
  const open = dialog(source.name, form, [save]);
}
