/* Find: is this person there? */

import { all, get, patch, post } from "./api.js";
import { Cards } from "./cards.js";
import { ChosenBar } from "./chosen.js";
import { CaseLine } from "./caseline.js";
import { coverageLine } from "./coverage.js";
import { $, h, show } from "./dom.js";
import { nothingLooked, nothingWanted, nothingAlike } from "./empty.js";
import { Filters } from "./filters.js";
import { key } from "./keys.js";
import { leave } from "./leaving.js";
import { trouble } from "./messages.js";
import { above, cutoff, findAddress, forgetLast, keep, keepCutoff, kept, lastSearch } from "./moments.js";
import { session } from "./session.js";
import "./shell.js";
import { Likeness } from "./slider.js";
import { takeAway } from "./takeaway.js";
import { t, tn } from "./texts.js";
import { Timeline } from "./timeline.js";
import { Verdicts } from "./verdicts.js";
import { Wanted } from "./wanted.js";
import { cameras } from "./words.js";

const state = { answer: null, sources: null, view: "cards", asking: 0 };
const address = new URLSearchParams(location.search);

const wanted = new Wanted((why) => {
  if (why === "nobody") return forget();
  if (why === "several people" || wanted.empty) return ready();
  return search();
});
const filters = new Filters(() => { if (state.answer || !wanted.empty) search(); });
const likeness = new Likeness(() => paint());
const verdicts = new Verdicts({ changed: (moment) => { cards.mark(moment); if (state.view === "timeline") paint(); ready(); }, caseMade: () => { caseLine.draw(verdicts.case); keepState(); } });
const chosen = new ChosenBar({ changed: (moment) => cards.mark(moment), away: (moments) => away(moments), verdicts, reload: () => search() });
const caseLine = new CaseLine($("#case"));
const cards = new Cards({ judge: (moment, verdict) => verdicts.judge(moment, verdict).catch(() => {}), choose: (moment, on) => chosen.set(moment, on), chosen: (moment) => chosen.has(moment) });
const timeline = new Timeline({ asked: (source) => { const { cameras } = state.filters ?? {}; return !cameras || cameras.includes(source.camera); } });

const visible = () => above(state.answer, likeness.value);

/** What the page remembers of a search, so that coming back shows it again. */
function keepState() {
  const { answer } = state;
  if (!answer) return;
  history.replaceState(null, "", findAddress(answer, verdicts.case?.id));
  keep(answer.id, { photos: wanted.photos.map((photo) => photo.id), person: wanted.person?.person ?? null, filters: state.filters, view: state.view, case: verdicts.case?.id ?? null, shot: wanted.person?.best_shot ?? null, pictures: wanted.pictures() });
}

function ready() {
  const button = $("#search");
  button.hidden = wanted.empty;
  $("#filters").hidden = wanted.empty;
  button.disabled = state.asking > 0;
  button.textContent = state.asking > 0 ? t("Searching…")
    : verdicts.count ? tn("Search again with {count} verdict", "Search again with {count} verdicts", verdicts.count)
    : state.answer ? t("Search again") : t("Search");
}

async function run(ask, keepPlace) {
  state.asking += 1;
  const mine = (state.turn = (state.turn ?? 0) + 1);
  ready();
  $("#shown").classList.add("busy");
  $("#results").setAttribute("aria-busy", "true");
  if (!state.answer) show($("#shown"), h("div", { class: "empty" }, h("span", { class: "spin" }), h("p", {}, t("Looking for this person…"))));
  try {
    const answer = await ask();
    if (mine === state.turn) take(answer, keepPlace);
  } catch (error) {
    trouble(error);
    if (!state.answer) teach();
  }
  state.asking -= 1;
  $("#shown").classList.toggle("busy", state.asking > 0);
  $("#results").setAttribute("aria-busy", String(state.asking > 0));
  ready();
}

function search() {
  const before = JSON.stringify(state.filters ?? {});
  state.filters = filters.asked();
  const found = verdicts.case;
  return run(async () => {
    // The case keeps where to look, so that it is reopened as it was left.
    if (found && before !== JSON.stringify(state.filters)) await patch(`/cases/${found.id}`, { cameras: null, start: null, end: null, ...state.filters });
    return post("/searches", { ...wanted.asked(), ...state.filters, ...(found ? { case: found.id } : {}) });
  }, Boolean(found && verdicts.count));
}

function take(answer, keepPlace = false, place = null) {
  const found = verdicts.case;
  state.answer = answer;
  state.sources = null;
  verdicts.load(answer, found);
  chosen.clear();
  likeness.load(answer, place ?? (keepPlace ? likeness.value : answer.threshold));
  $("#likeness").hidden = $("#head").hidden = $("#similarity").hidden = false;
  show($("#coverage"), coverageLine(answer));
  caseLine.draw(found);
  paint();
  keepState();
}

function paint() {
  const { answer, view } = state;
  if (!answer) return;
  const moments = visible();
  $("#headline").textContent = moments.length
    ? t("{moments}, {cameras}", { moments: tn("{count} moment", "{count} moments", moments.length), cameras: cameras(new Set(moments.map((moment) => moment.camera)).size) })
    : t("Nobody this alike");
  $("#as-cards").setAttribute("aria-pressed", String(view === "cards"));
  $("#as-timeline").setAttribute("aria-pressed", String(view === "timeline"));
  $("#take-away").disabled = moments.length === 0;
  timeline.leave();
  if (!moments.length) show($("#shown"), nothingAlike(answer, (value) => { likeness.input.value = value; likeness.input.dispatchEvent(new Event("input")); }, () => wanted.input.click()), view === "timeline" && timeline.element);
  else if ($("#shown").firstElementChild !== (view === "cards" ? cards.element : timeline.element)) show($("#shown"), view === "cards" ? cards.element : timeline.element);
  if (view === "cards") cards.draw(answer, moments);
  else drawTimeline(answer, moments);
  keepCutoff(answer.id, likeness.value);
}

async function drawTimeline(answer, moments) {
  state.sources ??= all("/sources").catch((error) => { trouble(error); return []; });
  const sources = await state.sources;
  if (state.answer === answer && state.view === "timeline") timeline.draw(answer, moments, sources);
}

function look(view) {
  state.view = view;
  paint();
  keepState();
}

function away(moments) {
  const from = verdicts.case ? { case: verdicts.case.id, search: state.answer.id } : { search: state.answer.id };
  takeAway({ from, moments, all: visible().length, done: (taken) => taken.forEach((moment) => { moment.exported = true; cards.mark(moment); }) });
}

function forget() {
  state.answer = null;
  verdicts.load(null);
  filters.restore();
  history.replaceState(null, "", "/");
  forgetLast();
  for (const name of ["#likeness", "#head", "#similarity", "#case", "#chosen"]) $(name).hidden = true;
  teach();
  ready();
}

async function teach() {
  const looked = filters.cameras.length > 0;
  show($("#shown"), looked ? nothingWanted(filters.cameras) : nothingLooked(await session));
}

async function start() {
  await filters.load().catch(trouble);
  const [person, inCase] = [address.get("person"), address.get("case")];
  const id = address.get("search") ?? (person || inCase ? null : lastSearch());
  const before = id ? kept(id) : {};
  if (person) {
    await wanted.takePerson(person);
    return search();
  }
  if (inCase) {
    verdicts.case = await get(`/cases/${inCase}`);
    const parts = verdicts.case;
    filters.restore(parts.filters);
    state.filters = filters.asked();
    wanted.takeCase(parts);
    caseLine.draw(parts);
    if (!id || !before.filters) return run(() => post(`/cases/${inCase}/search`), false);
  }
  if (!id) return teach();
  const answer = await get(`/searches/${encodeURIComponent(id)}`).catch(() => null);
  if (!answer) {
    forgetLast();
    history.replaceState(null, "", "/");
    return inCase ? run(() => post(`/cases/${inCase}/search`), false) : teach();
  }
  if (answer.case && !verdicts.case) verdicts.case = await get(`/cases/${answer.case}`).catch(() => null);
  await wanted.restore(before.photos ?? [], before.person, verdicts.case).catch(() => {});
  filters.restore(answer.filters);
  state.filters = filters.asked();
  state.view = before.view ?? "cards";
  return take(answer, false, cutoff(id));
}

$("#search").addEventListener("click", search);
$("#as-cards").addEventListener("click", () => look("cards"));
$("#as-timeline").addEventListener("click", () => look("timeline"));
$("#take-away").addEventListener("click", () => away(chosen.size ? chosen.list(visible()) : visible()));

const onCard = (run) => () => { const moment = cards.focused(); return moment ? run(moment) : false; };
key("y", t("Same person"), onCard((moment) => { cards.hooks.judge(moment, "confirmed"); }));
key("n", t("Someone else"), onCard((moment) => { cards.hooks.judge(moment, "rejected"); }));
key("x", t("Choose the card"), onCard((moment) => { chosen.set(moment, !chosen.has(moment)); }));
key("f", t("Find this person"), onCard((moment) => { leave(`/?person=${moment.person}`); }));
key("ArrowRight", t("Next card (all arrows move)"), () => (document.querySelector(".card a.shot")?.focus(), undefined), { shown: "→" });
key("Enter", t("Open the moment"), () => false);
key("c", t("Cards"), () => (state.answer ? look("cards") : false));
key("t", t("Timeline"), () => (state.answer ? look("timeline") : false));
key("p", t("Choose a photo"), () => wanted.input.click());

session.then((found) => { if (found.role) start().catch((error) => { trouble(error); teach(); }).finally(ready); });
