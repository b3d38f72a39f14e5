/* What every page has: theme, language, who is here, the running job. */

import { del } from "./api.js";
import { $, h, show } from "./dom.js";
import { active, watchJobs } from "./jobs.js";
import { key, showKeys } from "./keys.js";
import { known } from "./known.js";
import { trouble } from "./messages.js";
import { session } from "./session.js";
import { t } from "./texts.js";
import { about, number, percent } from "./words.js";

const YEAR = 365 * 86400;

function remember(name, value) {
  document.cookie = `${name}=${value}; path=/; max-age=${YEAR}; SameSite=Strict`;
}

export function setTheme(theme) {
  remember("reseen-theme", theme);
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function setLanguage(language) {
  remember("reseen-language", language);
  location.reload();
}

function switchTheme() {
  const now = document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  setTheme(now === "dark" ? "light" : "dark");
}

/** How a job stands, in one line. */
export function progressLine(job, short = false) {
  const { fraction, speed, eta } = job.progress ?? {};
  if (job.state === "waiting") return t("waiting");
  if (job.asked === "pause") return t("pausing…");
  if (job.asked === "cancel") return t("stopping…");
  const parts = [];
  if (fraction !== null && fraction !== undefined) parts.push(percent(fraction));
  if (job.state === "paused") parts.push(t("paused"));
  else {
    if (speed && !short) parts.push(t("{n}× real time", { n: number(speed, speed < 10 ? 1 : 0) }));
    if (eta) parts.push(t("{time} left", { time: about(eta) }));
  }
  return parts.join(" · ");
}

function followJob() {
  const place = $("#job");
  const running = new Map();
  const draw = () => {
    const job = [...running.values()].sort((a, b) => (b.state === "running") - (a.state === "running"))[0];
    place.hidden = !job;
    if (!job) return;
    const bar = h("b", { style: { width: `${100 * (job.progress?.fraction ?? 0)}%` } });
    show(place, h("span", { class: "title", title: known(job.progress?.current || job.title) }, known(job.progress?.current || job.title)), h("span", {}, progressLine(job, true)), h("span", { class: "bar" }, bar));
  };
  const take = (job) => {
    if (active(job)) running.set(job.id, job);
    else running.delete(job.id);
    draw();
  };
  watchJobs(take);
}

[...document.querySelectorAll(".top nav a")].forEach((link, index) => {
  key(String(index + 1), index ? null : t("The pages, from left to right"), () => link.click(), { shown: "1 … 6" });
});
$("#theme").addEventListener("click", switchTheme);
$("#language").addEventListener("click", (event) => setLanguage(event.currentTarget.dataset.to));
$("#show-keys").addEventListener("click", showKeys);
session.then((found) => {
  if (!found.role) return;
  followJob();
  const out = $("#sign-out");
  out.hidden = !found.signed_in;
  out.title = t("Signed in as {name}", { name: found.name });
  out.addEventListener("click", () => del("/session").then(() => location.assign("/sign-in")).catch(trouble));
}, () => {});
