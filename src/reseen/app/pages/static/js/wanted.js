/* Who is wanted: photos, or somebody already seen; the left side of Find. */

import { del, get, link, patch, request } from "./api.js";
import { dialog } from "./dialog.js";
import { $, h, icon, show } from "./dom.js";
import { known } from "./known.js";
import { say, trouble } from "./messages.js";
import { boxByKeys, photoFrame } from "./photo.js";
import { t, tn } from "./texts.js";
import { when } from "./words.js";

const RATINGS = () => ({
  good: t("Good photo"), small: t("The person is small"), "cut off": t("The person is cut off"), blurred: t("The photo is blurred"),
  "nobody found": t("Nobody found: draw a box around the person"),
});

const GOOD = "good";

/** Keeps the photos and draws them; `changed(why)` is called when another search is due. */
export class Wanted {
  constructor(changed) {
    this.changed = changed;
    this.photos = [];
    this.person = null;
    this.case = null;
    this.current = 0;
    this.busy = 0;
    this.input = $("#choose-photo");
    this.input.addEventListener("change", () => {
      this.take([...this.input.files]);
      this.input.value = "";
    });
    this.arrivals();
    this.draw();
  }

  get empty() {
    return this.photos.length === 0 && !this.person && !this.case;
  }

  /** The part of a search that says who. */
  asked() {
    if (this.person) return { people: [this.person.person] };
    return {
      photos: this.photos.map((photo) => ({ id: photo.id, ...(photo.box ? { box: photo.box } : photo.chosen === null ? {} : { person: photo.chosen }) })),
    };
  }

  /** The photos as the player shows them beside the video: address, box of the wanted, size. */
  pictures() {
    if (this.photos.length) return this.photos.map((photo) => ({ image: link.photo(photo.id), box: photo.box ?? photo.people[photo.chosen]?.box ?? null, size: [photo.width, photo.height] }));
    return (this.case?.photos ?? []).filter((photo) => photo.image).map((photo) => ({ image: photo.image, box: null, size: null }));
  }

  arrivals() {
    addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length) this.take(files);
    });
    const stage = $("#stage");
    addEventListener("dragover", (event) => {
      event.preventDefault();
      stage.classList.add("over");
    });
    addEventListener("dragleave", (event) => { if (!event.relatedTarget) stage.classList.remove("over"); });
    addEventListener("drop", (event) => {
      event.preventDefault();
      stage.classList.remove("over");
      this.take([...event.dataTransfer.files]);
    });
  }

  async take(files) {
    const photos = files.filter((file) => file.type.startsWith("image/") || /\.(heic|heif|avif|webp|jpe?g|png|tiff?|bmp)$/i.test(file.name));
    if (photos.length < files.length) say(t("Only photos are searched for here. Footage is added on the page Footage."), { bad: true });
    this.person = this.case = null;
    let last = null;
    for (const file of photos) {
      this.busy += 1;
      this.draw();
      const form = new FormData();
      form.append("file", file, file.name || "photo");
      try {
        last = await request("POST", "/photos", { body: form });
        this.photos.push(last);
        this.current = this.photos.length - 1;
      } catch (error) {
        trouble(error);
      }
      this.busy -= 1;
      this.draw();
    }
    if (last) this.changed(this.photos.length === 1 && last.people.length > 1 ? "several people" : "photo");
  }

  async choose(change) {
    const photo = this.photos[this.current];
    try {
      const fresh = await patch(`/photos/${encodeURIComponent(photo.id)}`, change);
      this.photos[this.current] = { ...photo, ...fresh, box: change.box ? (fresh.box ?? change.box) : null };
      this.draw();
      this.changed("person");
    } catch (error) {
      trouble(error);
    }
  }

  async drop(index) {
    const [photo] = this.photos.splice(index, 1);
    this.current = Math.max(0, Math.min(this.current, this.photos.length - 1));
    this.draw();
    del(`/photos/${encodeURIComponent(photo.id)}`).catch(() => {});
    this.changed(this.photos.length ? "photo" : "nobody");
  }

  /** Takes somebody already seen as the wanted. */
  async takePerson(id) {
    this.person = await get(`/people/${id}`);
    this.photos = [];
    this.draw();
  }

  /** Takes the photos that a case keeps. */
  takeCase(found) {
    this.case = found.photos.length ? found : null;
    this.draw();
  }

  /** Photos of an earlier search; those that are gone are left out, the case's stand in for them. */
  async restore(ids, person, inCase) {
    if (person) return this.takePerson(person);
    const found = await Promise.allSettled(ids.map((id) => get(`/photos/${encodeURIComponent(id)}`)));
    this.photos = found.filter((one) => one.status === "fulfilled").map((one) => one.value);
    this.current = 0;
    if (!this.photos.length && inCase) this.case = inCase;
    return this.draw();
  }

  draw() {
    const stage = $("#stage");
    const photo = this.photos[this.current];
    stage.classList.toggle("empty-stage", this.empty);
    stage.onclick = null;
    if (this.busy && !photo) show(stage, h("span", { class: "spin" }), h("span", {}, t("Looking for people in the photo…")));
    else if (this.person) show(stage, h("div", { class: "frame" }, h("img", { src: link.shot(this.person.best_shot), alt: t("Somebody seen by {camera}", { camera: this.person.camera }) })));
    else if (!photo && this.case) show(stage, h("div", { class: "frame" }, this.case.photos[0].image ? h("img", { src: this.case.photos[0].image, alt: t("Photo {name}", { name: this.case.photos[0].name }) }) : h("span", {}, t("This person was forgotten"))));
    else if (!photo) {
      show(stage, icon("photo"), h("span", {}, t("Drop a photo here, paste it, or")), h("button", { type: "button", class: "btn", onclick: () => this.input.click() }, t("Choose a photo")));
      stage.onclick = (event) => { if (event.target === stage) this.input.click(); };
    } else show(stage, photoFrame(photo, link.photo(photo.id), { choose: (person) => this.choose({ person }), draw: (box) => this.choose({ box }) }));
    this.drawThumbs();
    this.drawRating(photo);
  }

  /** The photo as large as the window, for people who are small in it. */
  enlarge(photo) {
    const chosen = (change) => { open.close(); this.choose(change); };
    const open = dialog(t("Who is wanted?"), [h("p", { class: "soft" }, t("Click a person, or drag a box around one.")), photoFrame(photo, link.photo(photo.id), { choose: (person) => chosen({ person }), draw: (box) => chosen({ box }) })], [], { wide: true });
  }

  drawThumbs() {
    const thumbs = $("#thumbs");
    thumbs.hidden = this.empty;
    const chosen = this.photos[this.current];
    show(thumbs,
      this.photos.map((photo, index) => h("button", { type: "button", class: "thumb", "aria-current": String(index === this.current), "aria-label": t("Photo {name}", { name: photo.name }), title: photo.name, onclick: () => { this.current = index; this.draw(); } }, h("img", { src: link.photo(photo.id), alt: "" }))),
      this.busy > 0 && this.photos.length > 0 && h("span", { class: "spin" }),
      h("button", { type: "button", class: "thumb add", "aria-label": t("Add another photo of the same person"), title: t("Add another photo of the same person"), onclick: () => this.input.click() }, "+"),
      (this.person || this.case) && h("button", { type: "button", class: "btn ghost small remove", onclick: () => { this.person = this.case = null; this.draw(); this.changed("nobody"); } }, t("Start anew")),
      chosen && h("span", { class: "tools" },
        h("button", { type: "button", class: "btn ghost", "aria-label": t("Enlarge the photo"), title: t("Enlarge the photo"), onclick: () => this.enlarge(chosen) }, icon("full")),
        h("button", { type: "button", class: "btn ghost", "aria-label": t("Draw a box"), title: t("Draw a box (or drag over the photo)"), onclick: () => boxByKeys($("#stage .frame"), chosen, (box) => this.choose({ box })) }, icon("area")),
        h("button", { type: "button", class: "btn ghost", "aria-label": t("Remove this photo"), title: t("Remove this photo"), onclick: () => this.drop(this.current) }, icon("trash"))),
    );
  }

  drawRating(photo) {
    const place = $("#rating");
    if (this.person) {
      show(place, h("small", {}, `${this.person.camera} · ${when(this.person.wall_start, this.person.start, true)}`));
      return;
    }
    const words = RATINGS();
    if (!photo) {
      show(place);
      return;
    }
    const chips = (photo?.rating ?? []).map(({ word, text }) => h("span", { class: word === GOOD ? "chip" : "chip warn", title: known(text) }, word !== GOOD && icon("warn"), words[word] ?? known(text)));
    const many = photo && photo.people.length > 1 ? h("small", {}, tn("{count} person in this photo: click the one you want, or draw a box.", "{count} people in this photo: click the one you want, or draw a box.", photo.people.length)) : null;
    show(place, chips, many);
  }
}
