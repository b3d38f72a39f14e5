/* The stream of jobs: one connection for the page. */

import { BASE } from "./api.js";

const listeners = new Set();
let stream = null;

/** Calls back with every job as it changes; returns what stops it. */
export function watchJobs(call) {
  listeners.add(call);
  if (!stream) {
    stream = new EventSource(`${BASE}/jobs/events`);
    stream.addEventListener("job", (event) => {
      const job = JSON.parse(event.data);
      for (const one of listeners) one(job);
    });
  }
  return () => listeners.delete(call);
}

export const active = (job) => ["waiting", "running", "paused"].includes(job.state);
