// Whether what is on the page may be believed. The server judges its values; the page judges how old they have
// become since, by the server's clock. The stricter of both holds: a frozen number is never shown.

import { span } from "./format.js";

/** "waiting", "recovering", "stale" or "ok". */
export function condition(state, now) {
  const { values, setup } = state;
  if (!values || !setup) return "waiting";
  if (values.condition === "recovering") return "recovering";
  return values.condition === "stale" || now - values.t > setup.freshness_limit_ms ? "stale" : "ok";
}

/** A value as it may be shown under a condition. */
export function shown(value, held) {
  if (!value || held === "ok") return value;
  return { ...value, value: null, low: null, high: null, status: held === "waiting" ? "recovering" : held };
}

const behind = (partitions) => Object.values(partitions).filter((one) => one.state !== "ok").length;

/** What the status line says, in one sentence. */
export function sentence(state, held, now) {
  const lost = state.open ? "" : "Connection lost, trying again. ";
  if (held === "waiting") return waiting(state);
  if (held === "recovering") return `${lost}Recovering: ${recovering(state.values.partitions)}`;
  if (held === "stale") return `${lost}Stale: values are ${span(now - state.values.t)} old and withheld`;
  return lost ? `${lost.trim()} Values still current` : "Live";
}

function waiting(state) {
  if (!state.open) return "No connection, trying again";
  return state.reasons.length ? `No values yet: ${state.reasons.join("; ")}` : "No values yet: this worker publishes none";
}

function recovering(partitions) {
  const all = Object.keys(partitions).length;
  return all ? `${behind(partitions)} of ${all} partitions are not live` : "no partition is live";
}

/** For styling: lost before everything else, because it needs somebody to look. */
export const look = (state, held) => (state.open || held === "waiting" ? held : "lost");
