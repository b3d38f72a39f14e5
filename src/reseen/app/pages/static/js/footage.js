/* Footage: what has been looked through? */

import { all, get } from "./api.js";
import { addFromFolders } from "./adding.js";
import { $, h, icon, paced, show } from "./dom.js";
import { active, watchJobs } from "./jobs.js";
import { drawJobs } from "./joblist.js";
import { trouble } from "./messages.js";
import { may, session } from "./session.js";
import "./shell.js";
import { sourceTable } from "./sources.js";
import { t } from "./texts.js";
import { takeFiles, unfinishedUploads } from "./upload.js";
import { drawWatched, watchFolder } from "./watched.js";
import { cameras as count, length } from "./words.js";

const jobs = new Map();
let admin = false;
let most = 200;

async function load() {
  const [sources, cameras] = await Promise.all([all("/sources", {}, most), get("/cameras")]);
  const seconds = cameras.reduce((sum, camera) => sum + (camera.seconds ?? 0), 0);
  const none = sources.length === 0;
  $("#sum").textContent = none ? t("Nothing has been added yet.")
    : t("{cameras} · {time} looked through · everything is searchable as it is read", { cameras: count(cameras.length), time: length(seconds) });
  $("#sources").hidden = none;
  $("#empty").hidden = !none || [...jobs.values()].some(active);
  if (none) show($("#empty"), teach());
  else show($("#sources"), sourceTable(sources, { cameras, admin, jobs: [...jobs.values()].filter(active), changed: reload }));
  show($("#more"), sources.length >= most && h("button", { type: "button", class: "btn", onclick: () => { most += 400; reload(); } }, t("Show more")));
}

const reload = paced(900, () => load().catch(trouble));

function teach() {
  return h("div", { class: "empty" }, h("h2", {}, admin ? t("Drop footage here") : t("No footage yet")),
    h("ul", {},
      h("li", {}, t("Video files of any kind, pictures, or whole folders.")),
      h("li", {}, t("Files that lie on this machine are read where they are; nothing is copied or changed.")),
      h("li", {}, t("The page can be closed meanwhile. What has been read can be searched at once."))));
}

function take(job) {
  jobs.set(job.id, job);
  drawJobs($("#jobs"), [...jobs.values()].filter((one) => active(one) || (one.state === "failed" && !one.seen)), { admin });
  // What is taken away changes nothing that is shown here.
  if (job.kind !== "export") reload();
}

function drops() {
  const page = $("#page");
  addEventListener("dragover", (event) => { event.preventDefault(); page.classList.add("over"); });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) page.classList.remove("over"); });
  addEventListener("drop", async (event) => {
    event.preventDefault();
    page.classList.remove("over");
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const files = entries.length ? (await Promise.all(entries.map(filesOf))).flat() : [...event.dataTransfer.files];
    takeFiles(files, reload);
  });
}

/** All files of something dropped, folders included. */
async function filesOf(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => { entry.file(resolve, reject); })];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => { reader.readEntries(resolve, reject); });
    if (!some.length) return found;
    found.push(...(await Promise.all(some.map(filesOf))).flat());
  }
}

session.then(async (found) => {
  if (!found.role) return;
  admin = await may("admin");
  if (admin) actions();
  watchJobs(take);
  await load();
}).catch(trouble);

function actions() {
  drops();
  unfinishedUploads();
  $("#add").addEventListener("click", () => addFromFolders({ files: () => $("#choose-files").click(), changed: reload }));
  $("#drop").addEventListener("click", () => $("#choose-files").click());
  $("#choose-files").addEventListener("change", (event) => { takeFiles([...event.target.files], reload); event.target.value = ""; });
  $("#watch").addEventListener("click", () => watchFolder(() => drawWatched($("#watched"))));
  drawWatched($("#watched"));
}

show($("#drop"), icon("upload"), " ", $("#drop").textContent);
