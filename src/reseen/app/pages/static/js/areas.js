/* Areas to watch or to ignore, drawn on a still of the camera. */

import { link, patch } from "./api.js";
import { dialog } from "./dialog.js";
import { h, icon, show, svg } from "./dom.js";
import { doing, say } from "./messages.js";
import { t } from "./texts.js";

const STEP = 0.01;

/** Opens the drawing; areas are polygons in fractions of width and height. */
export function drawAreas(source, camera, changed) {
  const areas = [...(camera?.areas?.include ?? []).map((points) => ({ kind: "watch", points })), ...(camera?.areas?.exclude ?? []).map((points) => ({ kind: "ignore", points }))];
  const drawing = new Drawing(source, areas);
  const save = h("button", { type: "button", class: "btn main", onclick: () => doing(save, async () => {
    const of = (kind) => drawing.areas.filter((area) => area.kind === kind).map((area) => area.points);
    await patch(`/cameras/${encodeURIComponent(source.camera)}`, { areas: { include: of("watch"), exclude: of("ignore") } });
    say(t("Kept. It holds for footage that is added from now on."));
    open.close();
    changed();
  }) }, t("Save"));
  const open = dialog(t("Areas of {camera}", { camera: source.camera }), drawing.element, [save], { wide: true });
}

class Drawing {
  constructor(source, areas) {
    this.areas = areas;
    this.points = [];
    this.kind = "ignore";
    this.aim = null;
    this.svg = svg("svg", { viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" });
    this.list = h("ul", { class: "areas plain" });
    const still = h("img", { src: link.frame(source.id, (source.duration ?? 0) / 2, 1280), alt: t("A picture of {camera}", { camera: source.camera }), draggable: "false" });
    this.stage = h("div", { class: "area-stage", tabindex: "0", role: "application", "aria-label": t("Picture to draw on: arrows aim, space sets a point, Enter closes the area, Backspace takes a point back") }, still, this.svg);
    this.element = h("div", { class: "stack" },
      h("p", {}, t("Click around an area; a click on the first point closes it. Where people stand decides.")),
      h("div", { class: "seg", role: "group", "aria-label": t("What to draw") }, this.choice("ignore", t("Ignore people here")), this.choice("watch", t("Watch only here"))),
      this.stage, this.list);
    this.stage.addEventListener("click", (event) => this.click(event));
    this.stage.addEventListener("keydown", (event) => this.key(event));
    this.draw();
  }

  choice(kind, words) {
    return h("button", { type: "button", dataset: { kind }, "aria-pressed": String(kind === this.kind), onclick: () => { this.kind = kind; this.draw(); } }, words);
  }

  click(event) {
    const { left, top, width, height } = this.stage.getBoundingClientRect();
    const point = [(event.clientX - left) / width, (event.clientY - top) / height].map((value) => Math.min(Math.max(value, 0), 1));
    const [first] = this.points;
    if (first && this.points.length >= 3 && Math.hypot((first[0] - point[0]) * width, (first[1] - point[1]) * height) < 14) this.close();
    else this.add(point);
  }

  add(point) {
    this.points.push(point.map((value) => Number(value.toFixed(4))));
    this.draw();
  }

  close() {
    if (this.points.length >= 3) this.areas.push({ kind: this.kind, points: this.points });
    this.points = [];
    this.draw();
  }

  key(event) {
    const step = event.shiftKey ? STEP * 5 : STEP;
    const move = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    this.aim ??= [0.5, 0.5];
    if (move) this.aim = this.aim.map((value, index) => Math.min(Math.max(value + move[index], 0), 1));
    else if (event.key === " ") this.add(this.aim);
    else if (event.key === "Enter") this.close();
    else if (event.key === "Backspace") this.points.pop();
    else return;
    event.preventDefault();
    this.draw();
  }

  draw() {
    const path = (points) => points.map((point) => point.join(",")).join(" ");
    for (const button of this.element.querySelectorAll("[data-kind]")) button.setAttribute("aria-pressed", String(button.dataset.kind === this.kind));
    show(this.svg, this.areas.map(({ kind, points }) => svg("polygon", { class: kind, points: path(points) })),
      this.points.length > 0 && svg("polyline", { points: path(this.points.length === 1 ? [this.points[0], this.points[0].map((value) => value + 0.004)] : this.points) }),
      this.aim && [svg("line", { class: "aim", x1: this.aim[0], x2: this.aim[0], y1: this.aim[1] - 0.03, y2: this.aim[1] + 0.03 }), svg("line", { class: "aim", x1: this.aim[0] - 0.02, x2: this.aim[0] + 0.02, y1: this.aim[1], y2: this.aim[1] })]);
    show(this.list, this.areas.map((area, index) => h("li", {}, h("span", { class: "chip quiet" }, area.kind === "ignore" ? t("ignored") : t("watched")), h("span", { class: "grow" }, t("Area {n}", { n: index + 1 })),
      h("button", { type: "button", class: "btn ghost small", "aria-label": t("Delete area {n}", { n: index + 1 }), onclick: () => { this.areas.splice(index, 1); this.draw(); } }, icon("trash")))),
    this.areas.length === 0 && h("li", { class: "soft" }, t("No areas: the whole picture is watched.")));
  }
}
