/* A photo with the people in it: a click chooses one, dragging draws a box. */

import { h } from "./dom.js";
import { t } from "./texts.js";

const share = (value, whole) => `${(100 * value) / whole}%`;

function place(element, box, photo) {
  const [x1, y1, x2, y2] = box;
  Object.assign(element.style, {
    left: share(x1, photo.width), top: share(y1, photo.height), width: share(x2 - x1, photo.width), height: share(y2 - y1, photo.height),
  });
  return element;
}

/** A picture of the photo with its people; `choose(index)` and `draw(box)` are told what the user did. */
export function photoFrame(photo, address, { choose, draw }) {
  const image = h("img", { src: address, alt: t("Photo {name}", { name: photo.name }), draggable: "false", width: photo.width, height: photo.height });
  const picks = photo.people.map((person, index) => {
    const chosen = photo.chosen === index && !photo.box;
    const label = t("Person {n} of {all}", { n: index + 1, all: photo.people.length });
    return place(
      h("button", { type: "button", class: "pick", "aria-pressed": String(chosen), "aria-label": label, title: label, onclick: () => choose(index) },
        chosen && h("span", {}, t("This person"))),
      person.box, photo);
  });
  const drawn = photo.box ? place(h("div", { class: "pick drawn", "aria-pressed": "true" }, h("span", {}, t("This person"))), photo.box, photo) : null;
  // The larger lie below the smaller, so that nobody is out of reach.
  const order = picks.map((_, index) => index).sort((a, b) => area(photo.people[b].box) - area(photo.people[a].box));
  const frame = h("div", { class: "frame drawing" }, image, order.map((index) => picks[index]), drawn);
  drawing(frame, photo, draw);
  return frame;
}

const area = ([x1, y1, x2, y2]) => (x2 - x1) * (y2 - y1);

function drawing(frame, photo, draw) {
  let from = null;
  let band = null;
  const at = (event) => {
    const { left, top, width, height } = frame.getBoundingClientRect();
    const within = (value) => Math.min(Math.max(value, 0), 1);
    return [within((event.clientX - left) / width) * photo.width, within((event.clientY - top) / height) * photo.height];
  };
  const box = (a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]), Math.max(a[1], b[1])];
  frame.addEventListener("pointerdown", (event) => {
    if (event.button === 0) from = { x: event.clientX, y: event.clientY, point: at(event) };
  });
  frame.addEventListener("pointermove", (event) => {
    if (!from) return;
    if (!band && Math.hypot(event.clientX - from.x, event.clientY - from.y) < 6) return;
    if (!band) {
      frame.setPointerCapture(event.pointerId);
      band = h("div", { class: "pick drawn" });
      frame.append(band);
    }
    place(band, box(from.point, at(event)), photo);
  });
  const end = (event) => {
    if (band) {
      const [x1, y1, x2, y2] = box(from.point, at(event));
      band.remove();
      if (event.type === "pointerup" && x2 - x1 >= 8 && y2 - y1 >= 8) draw([x1, y1, x2, y2]);
    }
    from = null;
    band = null;
  };
  frame.addEventListener("pointerup", end);
  frame.addEventListener("pointercancel", end);
}

/** Lets the keyboard draw: arrows move the box, with Shift they size it, Enter takes it. */
export function boxByKeys(frame, photo, draw) {
  let box = [0.3 * photo.width, 0.1 * photo.height, 0.7 * photo.width, 0.9 * photo.height];
  const band = place(h("div", { class: "pick drawn", tabindex: "0", role: "application", "aria-label": t("Box: arrows move it, Shift with arrows sizes it, Enter takes it, Esc leaves it") }), box, photo);
  const end = () => band.remove();
  band.addEventListener("keydown", (event) => {
    const step = 0.02 * Math.max(photo.width, photo.height);
    const move = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    if (move) {
      const [x, y] = move;
      const next = event.shiftKey ? [box[0], box[1], box[2] + x, box[3] + y] : [box[0] + x, box[1] + y, box[2] + x, box[3] + y];
      if (next[0] >= 0 && next[1] >= 0 && next[2] <= photo.width && next[3] <= photo.height && next[2] - next[0] > 8 && next[3] - next[1] > 8) box = next;
      place(band, box, photo);
    } else if (event.key === "Enter") { end(); draw(box); } else if (event.key === "Escape") end();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  frame.append(band);
  band.focus();
}
