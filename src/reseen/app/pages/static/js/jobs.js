/* The stream of jobs: one connection for the page. It begins with all that are not finished. */

import { BASE } from "./api.js";

const listeners = new Set();
const unfinished = new Map();
let stream = null;

/** Calls back with every job that is not finished, then with every job as it changes; returns what stops it. */
export function watchJobs(call) {
  listeners.add(call);
  for (const job of unfinished.values()) call(job);
  if (!stream) {
    stream = new EventSource(`${BASE}/jobs/events`);
    stream.addEventListener("job", (event) => {
      const job = JSON.parse(event.data);
      if (active(job)) unfinished.set(job.id, job);
      else unfinished.delete(job.id);
      for (const one of listeners) one(job);
    });
  }
  return () => listeners.delete(call);
}

export const active = (job) => ["waiting", "running", "paused"].includes(job.state);
