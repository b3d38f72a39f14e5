/* Confirm, reject, take back; the first verdict makes the search a case. */

import { post } from "./api.js";
import { underway } from "./leaving.js";
import { say } from "./messages.js";
import { t } from "./texts.js";
import { moment as clockTime } from "./words.js";

/** The verdicts on an answer; one at a time, so that none overtakes another. */
export class Verdicts {
  constructor({ caseMade = () => {}, changed }) {
    this.changed = changed;
    this.caseMade = caseMade;
    this.waiting = Promise.resolve();
    this.case = null;
  }

  get count() {
    return (this.answer?.moments ?? []).filter((one) => one.verdict).length;
  }

  load(answer, found = null) {
    this.answer = answer;
    this.case = found;
  }

  /** Sets a verdict, or takes it back where it is that already; shown at once, undone if it fails. */
  judge(moment, verdict) {
    const before = moment.verdict;
    const after = before === verdict ? null : verdict;
    this.put(moment, after);
    const done = underway(this.waiting.then(() => this.send(moment, after)));
    this.waiting = done.catch(() => {});
    done.catch((error) => {
      moment.verdict = before;
      this.changed(moment);
      say(error.message, { bad: true });
    });
    return done;
  }

  put(moment, verdict) {
    moment.verdict = verdict;
    this.changed(moment);
  }

  async send(moment, verdict) {
    const found = await this.keep();
    await post(`/cases/${found.id}/verdicts`, { tracklets: moment.tracklets, verdict }, { keepalive: true });
  }

  /** The case of this search, made if there is none yet. */
  async keep() {
    if (!this.case) {
      const name = (this.answer.query.photos[0] ?? "").split(/[\\/]/).pop() || t("Somebody seen");
      this.case = await post("/cases", { name: `${name}, ${clockTime(new Date())}`, search: this.answer.id });
      this.caseMade(this.case);
    }
    return this.case;
  }
}
