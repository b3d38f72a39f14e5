/* Times, numbers and certainty in plain words. */

import { language, t, tn } from "./texts.js";

const formats = new Map();

function format(options) {
  const key = JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(language, options));
  return formats.get(key);
}

export const number = (value, digits = 0) =>
  new Intl.NumberFormat(language, { maximumFractionDigits: digits, minimumFractionDigits: 0 }).format(value);

export const percent = (share) => new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 }).format(share);

export const score = (value) => value.toFixed(2);

/** How long: `11 s`, `8 min 20 s`, `12 h 40 min`. */
export function length(seconds) {
  if (seconds < 9.95) return t("{n} s", { n: number(Math.max(seconds, 0), 1) });
  const whole = Math.round(seconds);
  if (whole < 60) return t("{n} s", { n: whole });
  if (whole < 3600) return whole % 60 ? t("{m} min {s} s", { m: Math.floor(whole / 60), s: whole % 60 }) : t("{m} min", { m: whole / 60 });
  const minutes = Math.round(seconds / 60);
  return minutes % 60
    ? t("{h} h {m} min", { h: number(Math.floor(minutes / 60)), m: minutes % 60 })
    : t("{h} h", { h: number(minutes / 60) });
}

/** About how long: no more exact than anybody can know. */
export function about(seconds) {
  return length(seconds < 90 ? Math.max(Math.round(seconds), 1) : Math.round(seconds / 60) * 60);
}

/** A place in a recording: `0:07`, `1:02:33`. */
export function position(seconds, decimals = 0) {
  const down = Math.max(seconds, 0);
  const whole = Math.floor(down);
  const two = (value) => String(value).padStart(2, "0");
  const rest = decimals ? `.${String(Math.floor((down - whole) * 10 ** decimals)).padStart(decimals, "0")}` : "";
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return (hours ? `${hours}:${two(minutes)}` : String(minutes)) + `:${two(whole % 60)}${rest}`;
}

const date = (value) => (value instanceof Date ? value : new Date(value));

export const clock = (value) => format({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(date(value));
export const minute = (value) => format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(date(value));
export const fullDay = (value) => format({ day: "numeric", month: "short", year: "numeric" }).format(date(value));
/** The day; the year is said where it is not this one. */
export const day = (value) => (date(value).getFullYear() === new Date().getFullYear() ? format({ day: "numeric", month: "short" }).format(date(value)) : fullDay(value));
export const moment = (value) => format({ day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(date(value));
export const zone = (value) =>
  format({ timeZoneName: "short", hour: "numeric" }).formatToParts(date(value)).find((part) => part.type === "timeZoneName")?.value ?? "";

/** The wall clock so many seconds into a recording; null where it has none. */
export const later = (wall, seconds) => (wall ? new Date(+date(wall) + 1000 * seconds) : null);

/** When something was seen: wall clock if the footage has one, else the place in the recording. */
export function when(wall, seconds, withDay = false) {
  if (!wall) return position(seconds);
  return withDay ? `${day(wall)} ${clock(wall)}` : clock(wall);
}

export function hour(value) {
  const start = date(value);
  const from = new Date(start.getFullYear(), start.getMonth(), start.getDate(), start.getHours());
  return t("{day}, {from} to {to}", { day: fullDay(from), from: minute(from), to: minute(new Date(from.getTime() + 3600e3)) });
}

/** What a wall-clock input wants and gives: local time without a zone. */
export function toInput(value) {
  const at = date(value);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60e3).toISOString().slice(0, 19);
}

/** Whether two inputs of a time say the same; browsers leave out seconds that are none. */
export const sameInput = (one, other) => one === other || (Boolean(one) && Boolean(other) && +new Date(one) === +new Date(other));

export function fromInput(text) {
  if (!text) return null;
  const at = new Date(text);
  const offset = -at.getTimezoneOffset();
  const two = (value) => String(Math.floor(Math.abs(value))).padStart(2, "0");
  const local = new Date(at.getTime() + offset * 60e3).toISOString().slice(0, 19);
  return `${local}${offset < 0 ? "-" : "+"}${two(offset / 60)}:${two(Math.abs(offset) % 60)}`;
}

export function sure(word) {
  return { "very likely": t("very likely"), likely: t("likely"), unsure: t("unsure") }[word] ?? word;
}

/** A number of matches by chance, as exact as can be known. */
export const byChance = (value) => number(value, value >= 9.95 ? 0 : value >= 0.095 ? 1 : 2);

/** How many by chance. */
export function chance(value) {
  return value < 0.01 ? t("fewer than {n}", { n: number(0.01, 2) }) : t("about {n}", { n: byChance(value) });
}

export function people(count) {
  return tn("{count} person", "{count} people", count);
}

export function cameras(count) {
  return tn("{count} camera", "{count} cameras", count);
}

/** Seconds that were not looked through. */
export const lost = (skipped) => skipped.reduce((sum, gap) => sum + Math.max(gap.end - gap.start, 0), 0);

export function bytes(size) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let step = 0;
  for (let left = size; left >= 1000 && step < units.length - 1; left /= 1000) step += 1;
  return `${number(size / 1000 ** step, step > 1 ? 1 : 0)} ${units[step]}`;
}
