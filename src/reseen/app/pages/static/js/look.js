/* Look: is it really them? */

import { get, query } from "./api.js";
import { beside } from "./beside.js";
import { $, h, icon, show } from "./dom.js";
import { key } from "./keys.js";
import { leave } from "./leaving.js";
import { say, trouble } from "./messages.js";
import { findAddress, keep, lookAddress, remembered } from "./moments.js";
import { Overlay } from "./overlay.js";
import { Player } from "./player.js";
import { Scrub } from "./scrub.js";
import { session } from "./session.js";
import "./shell.js";
import { takeAway } from "./takeaway.js";
import { t } from "./texts.js";
import { Tracks } from "./tracks.js";
import { Verdicts } from "./verdicts.js";
import { clock, later, position, score, sure } from "./words.js";

const address = new URLSearchParams(location.search);
const at = { answer: null, shown: [], kept: {}, moment: null, source: null, player: null };

const find = (person) => leave(`/?person=${person}`);
const back = () => {
  if (!at.answer) return "/browse";
  return findAddress(at.answer, at.kept.case);
};

const verdicts = new Verdicts({ changed: () => draw(), caseMade: (found) => {
  at.kept.case = found.id;
  keep(at.answer.id, at.kept);
} });

function judge(verdict) {
  if (!at.answer) return;
  const { moment } = at;
  const before = moment.verdict;
  verdicts.judge(moment, verdict).catch(() => {});
  if (moment.verdict) say(moment.verdict === "confirmed" ? t("Same person.") : t("Someone else."), { undo: () => verdicts.judge(moment, before).catch(() => {}), seconds: 4 });
}

function draw() {
  const { moment, source, answer, kept, shown } = at;
  beside({ moment, source, answer, kept, shown, hooks: { judge, back: back(), find: () => find(moment.person), take: () => takeAway({ from: kept.case ? { case: kept.case, search: answer.id } : { search: answer.id }, moments: [moment], all: shown.length, done: () => { moment.exported = true; } }) } });
}

function move(step) {
  if (!at.answer) return;
  const index = at.shown.findIndex((one) => one.id === at.moment.id) + step;
  if (at.shown[index]) leave(lookAddress(at.answer, at.shown[index]), { replace: true });
  else say(step > 0 ? t("That was the last one.") : t("That was the first one."));
}

/** Starts the player on a source at a time, with these tracks to begin with. */
function play(source, start, given, wanted, label, marks) {
  $("#look").hidden = false;
  const tracks = new Tracks((from, to) => get(`/sources/${source.id}/tracks${query({ start: from.toFixed(2), end: to.toFixed(2) })}`).then((found) => found.tracks), given);
  const overlay = new Overlay($("#overlay"), { label, wanted, find });
  let scrub = null;
  const shown = (time) => {
    tracks.need(time).then((more) => { if (more) shown(player.time); });
    overlay.draw(tracks.at(time), source.width, source.height);
    scrub?.at(time);
    const wall = later(source.wall_start, time);
    $("#when").textContent = wall ? `${clock(wall)} / ${source.camera}` : `${position(time, 1)} / ${source.camera}`;
  };
  const state = ({ playing, still }) => {
    show($("#play"), icon(playing ? "pause" : "play"));
    $("#play").setAttribute("aria-label", playing ? t("Pause") : t("Play"));
    for (const name of ["#play", "#frame-back", "#frame-on", "#scrub"]) $(name).hidden = Boolean(still);
  };
  state({ playing: false });
  const player = new Player({ source, shown, state });
  scrub = new Scrub(player, marks);
  at.player = player;
  at.overlay = overlay;
  $("#play").onclick = () => player.toggle();
  $("#frame-back").onclick = () => player.step(-1);
  $("#frame-on").onclick = () => player.step(1);
  $("#full").onclick = () => player.full();
  player.seek(start);
}

async function openMoment(search, id) {
  Object.assign(at, await remembered(search));
  at.moment = at.answer.moments.find((one) => String(one.id) === id) ?? at.shown[0];
  const { moment, answer, kept } = at;
  if (!moment) return nothing();
  sessionStorage.setItem("look:last", JSON.stringify({ search, moment: moment.id }));
  verdicts.load(answer, kept.case ? { id: kept.case } : null);
  const [detail, source] = await Promise.all([get(`/searches/${encodeURIComponent(search)}/moments/${encodeURIComponent(moment.id)}`), get(`/sources/${moment.source_id}`)]);
  at.source = source;
  document.title = `${moment.camera} · Reseen`;
  $("#title").textContent = t("{camera}, {likely}", { camera: moment.camera, likely: sure(moment.sure) });
  draw();
  const index = at.shown.findIndex((one) => one.id === moment.id);
  $("#previous").disabled = index <= 0;
  $("#next").disabled = index >= at.shown.length - 1;
  const marks = at.shown.filter((one) => one.source_id === source.id).map((one) => ({ start: one.start, end: one.end, on: one.id === moment.id }));
  const wanted = new Set(detail.tracks.filter((track) => track.wanted).map((track) => track.person));
  play({ ...source, fps: detail.fps, begins: detail.video_start }, moment.start, { tracks: detail.tracks, from: moment.start - 5, to: moment.end + 5 }, (one) => one.wanted || wanted.has(one.person) || one.person === moment.person, `${sure(moment.sure)} · ${score(moment.score)}`, marks);
  return undefined;
}

async function openSource(id, time, person) {
  const source = await get(`/sources/${id}`);
  const seen = person ? await get(`/people/${person}`).catch(() => null) : null;
  at.source = source;
  const start = time ?? seen?.start ?? 0;
  at.moment = { camera: source.camera, start: seen?.start ?? 0, end: seen?.end ?? source.duration ?? 0, wall_start: seen?.wall_start ?? source.wall_start, best_shot: seen?.best_shot, best_time: seen?.start, person };
  $("#title").textContent = source.name;
  document.title = `${source.name} · Reseen`;
  for (const name of ["#previous", "#next"]) $(name).hidden = true;
  draw();
  if (!person) $("#side").querySelector(".btn")?.remove();
  play({ ...source, fps: source.frame_rate }, start, { tracks: [], from: 0, to: -1 }, (one) => person && String(one.person) === String(person), t("This person"), seen ? [{ start: seen.start, end: seen.end, on: true }] : []);
}

function nothing() {
  const place = $("#nothing");
  place.hidden = false;
  show(place, h("div", { class: "empty" }, h("h1", {}, t("Nothing to look at yet")),
    h("p", {}, t("Look shows a moment of a search: the video, and a box around the person.")),
    h("div", { class: "row" }, h("a", { class: "btn main", href: "/" }, icon("search"), t("Find somebody")), h("a", { class: "btn", href: "/browse" }, t("Everybody seen")))));
}

async function start() {
  if (address.get("source")) return openSource(address.get("source"), address.has("time") ? Number(address.get("time")) : null, address.get("person"));
  const last = JSON.parse(sessionStorage.getItem("look:last") ?? "null");
  const [search, moment] = [address.get("search") ?? last?.search, address.get("moment") ?? String(last?.moment)];
  if (!search) return nothing();
  try {
    return await openMoment(search, moment);
  } catch (error) {
    if (error.status !== 404) throw error;
    sessionStorage.removeItem("look:last");
    return nothing();
  }
}

$("#previous").addEventListener("click", () => move(-1));
$("#next").addEventListener("click", () => move(1));
key("y", t("Same person"), () => judge("confirmed"));
key("n", t("Someone else"), () => judge("rejected"));
key("ArrowLeft", t("The moment before"), () => move(-1), { shown: "←" });
key("ArrowRight", t("The next moment"), () => move(1), { shown: "→" });
key(" ", t("Play or pause"), () => at.player?.toggle(), { shown: t("space") });
key(",", t("One picture back"), () => at.player?.step(-1));
key(".", t("One picture on"), () => at.player?.step(1));
key("f", t("Find this person (or the one pointed at)"), () => { const person = at.overlay?.focused() ?? at.moment?.person; if (person) find(person); });
key("Escape", t("Back to all moments"), () => { if (!document.fullscreenElement) leave(back()); }, { shown: "Esc" });

session.then((found) => { if (found.role) start().catch((error) => { trouble(error); nothing(); }); });
