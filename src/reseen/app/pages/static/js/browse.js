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

/** Which hour somebody was seen in, as a number: cheaper to compare than its words. */
const hours = (person) => (person.wall_start ? Math.floor(Date.parse(person.wall_start) / 3600e3) : 0);

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

/** Draws a person on a tile; a tile that showed somebody else before is used again as it is. */
function fill(tile, person, index, before) {
  const says = `${person.camera}, ${when(person.wall_start, person.start, true)}`;
  tile.classList.toggle("hidden-person", Boolean(person.hidden));
  tile.classList.toggle("first", index > 0 && before !== undefined && hours(before) !== hours(person));
  if (!tile.firstElementChild) {
    const button = h("button", { type: "button", class: "find-this", title: t("Find this person"), onclick: () => find(tile.shown) }, h("img", { alt: "", decoding: "async" }));
    show(tile, button, h("span", { class: "time" }));
    for (const name of ["pointerenter", "focusin"]) tile.addEventListener(name, () => acts(tile));
  }
  tile.shown = person;
  tile.says = says;
  tile.querySelector(".acts")?.remove();
  const [button, time] = tile.children;
  button.tabIndex = index === wall.focus ? 0 : -1;
  button.setAttribute("aria-label", t("Find this person: {who}", { who: says }));
  const [image] = button.children;
  if (person.best_shot) image.src = link.shot(person.best_shot);
  else image.removeAttribute("src");
  time.textContent = when(person.wall_start, person.start);
}

/** What else can be done with somebody; made only for the tile that is pointed at. */
function acts(tile) {
  if (!tile.shown || tile.querySelector(".acts")) return;
  const { shown: person, says: who } = tile;
  const round = (label, title, sign, run) => h("button", { type: "button", class: "round", tabindex: "-1", "aria-label": label, title, onclick: run }, icon(sign));
  const hiding = person.hidden
    ? round(t("Show again: {who}", { who }), `${t("Show again")} (h)`, "eye", () => hide(person))
    : round(t("Not a person, hide: {who}", { who }), `${t("Not a person (a poster, a mannequin): hide it here")} (h)`, "hide", () => hide(person));
  tile.append(h("span", { class: "acts" }, round(t("See it in the video: {who}", { who }), `${t("See it in the video")} (v)`, "play", () => watch(person)), admin && hiding));
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
