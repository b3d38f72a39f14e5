/* What is being done: each job with its progress; pause, resume, cancel. */

import { post } from "./api.js";
import { h, icon, show } from "./dom.js";
import { known } from "./known.js";
import { doing } from "./messages.js";
import { progressLine } from "./shell.js";
import { t, tn } from "./texts.js";

const KINDS = () => ({
  index: t("Looking through footage"), remove: t("Removing"), purge: t("Deleting what is too old"), forget: t("Forgetting a person"),
  reembed: t("Reading shots again with another model"), calibrate: t("Calibrating"), verify: t("Checking the library"), export: t("Making what is taken away"),
});

function ask(job, what, words, sign) {
  const button = h("button", { type: "button", class: "btn small", "aria-label": `${words}: ${job.title}`, onclick: () => doing(button, () => post(`/jobs/${job.id}/${what}`)) }, icon(sign), words);
  return button;
}

/** Draws the jobs that are waiting, running or paused. */
export function drawJobs(place, jobs, { admin }) {
  const focus = document.activeElement?.getAttribute?.("aria-label");
  const waiting = jobs.filter((job) => job.state === "waiting");
  const shown = jobs.filter((job) => !waiting.includes(job)).concat(waiting.slice(0, 3));
  const rest = waiting.length - 3;
  show(place, shown.map((job) => {
    const people = job.progress?.people;
    const line = job.state === "failed" ? known(job.message) : [known(job.progress?.current || job.title), progressLine(job), people ? tn("{count} person so far", "{count} people so far", people) : ""].filter(Boolean).join(" · ");
    return h("div", { class: "panel", dataset: { job: job.id, state: job.state } },
      job.state === "running" ? h("span", { class: "spin" }) : icon(job.state === "failed" ? "warn" : job.state === "paused" ? "pause" : "clock"),
      h("div", { class: "what" }, h("b", { title: job.title }, KINDS()[job.kind] ?? known(job.title)), h("small", {}, line)),
      job.state !== "failed" && h("span", { class: "bar" }, h("b", { style: { width: `${100 * (job.progress?.fraction ?? 0)}%` } })),
      admin && job.state === "running" && job.kind === "index" && ask(job, "pause", t("Pause"), "pause"),
      admin && job.state === "paused" && ask(job, "resume", t("Go on"), "play"),
      admin && job.state !== "failed" && ask(job, "cancel", t("Cancel"), "cross"),
      job.state === "failed" && h("button", { type: "button", class: "btn ghost small", "aria-label": t("Close"), onclick: (event) => { job.seen = true; event.currentTarget.parentElement.remove(); } }, icon("cross")));
  }), rest > 0 && h("small", {}, tn("{count} more is waiting", "{count} more are waiting", rest)));
  if (focus) [...place.querySelectorAll("button")].find((button) => button.getAttribute("aria-label") === focus)?.focus();
}
