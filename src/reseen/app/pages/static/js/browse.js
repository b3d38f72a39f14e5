/* Browse: who was there? */

import { get, link, post, query } from "./api.js";
import { $, h, icon, show } from "./dom.js";
import { key } from "./keys.js";
import { say, trouble } from "./messages.js";
import { may, session } from "./session.js";
import "./shell.js";
import { t } from "./texts.js";
import { Wall } from "./wall.js";
import { fromInput, hour, people, when } from "./words.js";

const asked = () => ({ camera: $("#camera").value, start: fromInput($("#from").value), end: fromInput($("#to").value), hidden: $("#hidden-too").checked || null });

const find = (person) => location.assign(`/?person=${person.person}`);
const watch = (person) => location.assign(`/look${query({ source: person.source_id, time: person.start, person: person.person })}`);
let admin = false;

const hourOf = (person) => (person?.wall_start ? hour(person.wall_start) : person ? t("without a clock") : "");

async function hide(person) {
  const hidden = !person.hidden;
  try {
    await post(`/people/${person.person}/hide`, { hidden });
    say(hidden ? t("Hidden, with what looks the same at this place.") : t("Shown again."), { undo: () => hide({ ...person, hidden }) });
    await load();
  } catch (error) {
    trouble(error);
  }
}

function fill(tile, person, index, before) {
  const says = `${person.camera}, ${when(person.wall_start, person.start, true)}`;
  tile.classList.toggle("hidden-person", Boolean(person.hidden));
  tile.classList.toggle("first", index > 0 && before !== undefined && hourOf(before) !== hourOf(person));
  show(tile,
    h("button", { type: "button", class: "find-this", tabindex: index === wall.focus ? "0" : "-1", "aria-label": t("Find this person: {who}", { who: says }), title: t("Find this person"), onclick: () => find(person) }, person.best_shot ? h("img", { src: link.shot(person.best_shot), alt: "", decoding: "async" }) : icon("hide")),
    h("span", { class: "time" }, when(person.wall_start, person.start)),
    h("span", { class: "acts" },
      h("button", { type: "button", class: "round", tabindex: "-1", "aria-label": t("See it in the video: {who}", { who: says }), title: `${t("See it in the video")} (v)`, onclick: () => watch(person) }, icon("play")),
      admin && h("button", { type: "button", class: "round", tabindex: "-1", "aria-label": person.hidden ? t("Show again: {who}", { who: says }) : t("Not a person, hide: {who}", { who: says }), title: person.hidden ? t("Show again") : `${t("Not a person (a poster, a mannequin): hide it here")} (h)`, onclick: () => hide(person) }, icon(person.hidden ? "eye" : "hide"))));
}

const wall = new Wall($("#wall"), {
  fetchPage: (offset, limit) => get(`/people/page${query({ offset, limit, ...asked() })}`).then((page) => page.items),
  fill,
  top: (person) => { $("#hour").textContent = hourOf(person) || $("#hour").textContent; },
});

async function load() {
  const found = await get(`/people/count${query(asked())}`);
  const { count } = found;
  const narrowed = Object.values(asked()).some(Boolean);
  $("#count").textContent = t("{people} · newest first · click one to find the same person elsewhere", { people: people(count) });
  $("#hour").hidden = $("#wall").hidden = !count;
  $("#nobody").hidden = count > 0;
  if (!count) {
    show($("#nobody"), h("div", { class: "empty" }, h("h2", {}, narrowed ? t("Nobody in this time and place") : t("Nobody has been seen yet")),
      h("p", {}, narrowed ? t("Try all cameras, or a longer time.") : t("As soon as footage is looked through, everybody in it appears here.")),
      !narrowed && h("div", { class: "row" }, h("a", { class: "btn main", href: "/footage" }, icon("plus"), t("Add footage")))));
  }
  wall.reset(count);
}

const at = (run) => () => {
  const tile = document.activeElement?.closest?.(".tile") ?? document.querySelector(".tile:hover");
  const found = tile && [...wall.tiles].find(([, one]) => one === tile);
  const person = found && wall.person(found[0]);
  return person ? run(person) : false;
};
key("f", t("Find this person"), at(find));
key("v", t("See it in the video"), at(watch));
key("h", t("Not a person: hide it, or show it again"), at((person) => (admin ? hide(person) : undefined)));
key("ArrowDown", t("To the wall (arrows move on it)"), () => wall.focusOn(wall.range(-60)[0]), { shown: "↓" });

for (const name of ["#camera", "#from", "#to", "#hidden-too"]) $(name).addEventListener("change", () => load().catch(trouble));

session.then(async (found) => {
  if (!found.role) return;
  admin = await may("admin");
  const cameras = await get("/cameras");
  show($("#camera"), h("option", { value: "" }, t("All cameras")), cameras.map((camera) => h("option", { value: camera.name }, camera.name)));
  await load();
}).catch(trouble);
