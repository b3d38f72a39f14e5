/* Where somebody is at a time: between two looks in a straight line. */

/** So long before the first and after the last look a box is still drawn, in seconds. */
const EDGE = 0.15;

/** The box at a time, or null where the person is not seen. */
function boxAt({ times, boxes }, time) {
  const last = times.length - 1;
  if (last < 0 || time < times[0] - EDGE || time > times[last] + EDGE) return null;
  if (time <= times[0]) return boxes[0];
  if (time >= times[last]) return boxes[last];
  let [low, high] = [0, last];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (times[middle] <= time) low = middle;
    else high = middle;
  }
  const share = (time - times[low]) / (times[high] - times[low]);
  return boxes[low].map((value, index) => value + share * (boxes[high][index] - value));
}

/** Tracks asked for piece by piece as the player moves; `given` are those it starts with. */
export class Tracks {
  constructor(fetchBetween, { tracks, from, to }) {
    this.fetchBetween = fetchBetween;
    this.tracks = tracks;
    this.known = [[from, to]];
    this.asking = false;
  }

  covers(time) {
    return this.known.some(([from, to]) => time >= from && time <= to);
  }

  /** Sees to it that the tracks around a time are here, soon; tells whether more came. */
  async need(time) {
    if (this.asking || this.covers(time)) return false;
    this.asking = true;
    let came = false;
    const [from, to] = [Math.max(0, time - 5), time + 25];
    try {
      const more = await this.fetchBetween(from, to);
      this.tracks.push(...more.filter((track) => track.times.length));
      this.known.push([from, to]);
      came = true;
    } catch {
      /* the video plays without boxes */
    }
    this.asking = false;
    return came;
  }

  /** Everybody at a time: one box each. */
  at(time) {
    const seen = new Map();
    for (const track of this.tracks) {
      const box = boxAt(track, time);
      if (box && !seen.get(track.person)?.wanted) seen.set(track.person, { ...track, box });
    }
    return [...seen.values()];
  }
}
