/* Take away: clips, tables, report, as one file with checksums. */

import { BASE, del, get, post } from "./api.js";
import { dialog } from "./dialog.js";
import { h, icon, show } from "./dom.js";
import { active, watchJobs } from "./jobs.js";
import { known } from "./known.js";
import { doing, trouble } from "./messages.js";
import { progressLine } from "./shell.js";
import { t, tn } from "./texts.js";
import { bytes, moment as clockTime } from "./words.js";

const BLUR = () => [
  ["others", t("Everybody else is blurred"), t("In every picture of the clip. What people should see of others: nothing.")],
  ["all but wanted", t("Everything but the wanted person is blurred"), t("Also the place, signs and screens.")],
  ["none", t("Nothing is blurred"), t("Other people can be recognised. Take care where this goes.")],
];

const tick = (name, words, more, checked) => h("label", { class: "option" }, h("input", { type: "checkbox", name, checked }), h("span", {}, words, more && h("small", {}, more)));

/** Opens the dialog for some moments; `done(ids)` is told which were taken away. */
export function takeAway({ from, moments, all, done }) {
  const form = h("form", { class: "stack", id: "taking" },
    h("p", {}, moments.length === all
      ? tn("The one moment shown.", "All {count} moments shown.", moments.length)
      : tn("{count} moment of {all}.", "{count} moments of {all}.", moments.length, { all })),
    h("fieldset", { class: "stack close" }, h("legend", { class: "label" }, t("What")),
      tick("clips", t("Clips"), t("The video of each moment."), true),
      tick("report", t("Report"), t("One page with pictures that opens anywhere."), true),
      tick("csv", t("Table (CSV)"), null, true), tick("json", t("Data (JSON)"), null, false)),
    h("fieldset", { class: "stack close", id: "blur" }, h("legend", { class: "label" }, t("In the clips")),
      BLUR().map(([value, words, more], index) => h("label", { class: "option" }, h("input", { type: "radio", name: "blur", value, checked: index === 0 }), h("span", {}, words, h("small", {}, more))))),
    h("label", { class: "field", id: "padding" }, h("span", {}, t("Seconds before and after")), h("input", { type: "number", name: "padding", min: 0, max: 60, step: 0.5, value: 2 })),
    h("p", { class: "soft" }, t("One ZIP file. It names the SHA-256 of every file in it and of its source, the versions and the settings.")));
  form.addEventListener("change", () => {
    form.querySelector("#blur").hidden = form.querySelector("#padding").hidden = !form.elements.clips.checked;
  });
  const go = h("button", { class: "btn main", form: "taking" }, icon("download"), t("Make it"));
  const open = dialog(t("Take away"), [form, earlier()], [go]);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { elements } = form;
    doing(go, async () => {
      const job = await post("/exports", {
        ...from, moments: moments.map((moment) => moment.id),
        clips: elements.clips.checked, blur: elements.blur.value, padding: Number(elements.padding.value),
        report: elements.report.checked, csv: elements.csv.checked, json: elements.json.checked,
      });
      follow(open, job, () => done(moments));
    });
  });
}

function follow(open, job, done) {
  const line = h("p", { "aria-live": "polite" });
  const bar = h("b");
  const stop = h("button", { type: "button", class: "btn", onclick: () => doing(stop, () => post(`/jobs/${job.id}/cancel`)) }, t("Cancel"));
  open.body(line, h("span", { class: "bar wide" }, bar), h("p", { class: "soft" }, t("This dialog can be closed: the work goes on, and the file is listed here afterwards.")));
  open.foot(stop);
  const take = (now) => {
    if (now.id !== job.id) return;
    bar.style.width = `${100 * (now.state === "done" ? 1 : now.progress?.fraction ?? 0)}%`;
    line.textContent = [known(now.progress?.current), progressLine(now)].filter(Boolean).join(" · ");
    if (active(now)) return;
    unwatch();
    if (now.state === "done") {
      done();
      finished(open, job).catch(trouble);
    } else {
      line.textContent = now.state === "cancelled" ? t("Cancelled. Nothing was written.") : known(now.message) || t("It could not be made.");
      open.foot(h("button", { type: "button", class: "btn", onclick: () => open.close() }, t("Close")));
    }
  };
  const unwatch = watchJobs(take);
  take(job);
  get(`/jobs/${job.id}`).then(take).catch(trouble);
}

async function finished(open, job) {
  const { items } = await get("/exports?limit=50");
  const made = items.find((one) => one.job === job.id);
  open.body(h("p", {}, t("It is ready.")), row(made), h("p", { class: "soft" }, t("Visual similarity, not identity.")));
  open.foot(h("a", { class: "btn main", href: `${BASE}/exports/${made.id}/file`, download: "" }, icon("download"), t("Download")));
}

function row(made) {
  const line = h("div", { class: "row" }, icon("file"), h("span", { class: "grow" }, made.name, h("small", {}, ` ${bytes(made.size)} · ${clockTime(made.created_at)}`)),
    h("a", { class: "btn small", href: `${BASE}/exports/${made.id}/file`, download: "", "aria-label": t("Download") }, icon("download")),
    h("button", { type: "button", class: "btn ghost small", "aria-label": t("Delete"), onclick: (event) => doing(event.currentTarget, () => del(`/exports/${made.id}`).then(() => line.remove())) }, icon("trash")));
  return line;
}

function earlier() {
  const place = h("details", { hidden: true }, h("summary", {}, t("Made earlier")));
  const list = h("div", { class: "stack close" });
  place.append(list);
  get("/exports?limit=20").then(({ items }) => {
    const ready = items.filter((made) => made.state === "done");
    place.hidden = !ready.length;
    show(list, ready.map(row));
  }).catch(() => {});
  return place;
}
