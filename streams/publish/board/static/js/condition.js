// Whether what is on the page may be believed. The server judges its values; the page judges how old they have
// become since, by the server's clock. The stricter of both holds: a frozen number is never shown.

import { span } from "./format.js";
import { say } from "./words.js";

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

/** Why nothing is listed under a condition; empty while something may be. */
export const withheld = (held) => (held === "ok" ? "" : say(`withheld.${held}`));

const behind = (partitions) => Object.values(partitions).filter((one) => one.state !== "ok").length;

/** What the status line says, in one sentence. */
export function sentence(state, held, now) {
  const lost = state.open ? "" : `${say("state.lost")} `;
  if (held === "waiting") return waiting(state);
  if (held === "recovering") return `${lost}${say("state.recovering", { why: recovering(state.values.partitions) })}`;
  if (held === "stale") return `${lost}${say("state.stale", { age: span(now - state.values.t) })}`;
  return lost ? `${lost}${say("state.current")}` : say("state.live");
}

function waiting(state) {
  if (!state.open) return say("state.unconnected");
  return state.reasons.length ? say("state.none_yet", { why: state.reasons.join("; ") }) : say("state.publishes_none");
}

function recovering(partitions) {
  const all = Object.keys(partitions).length;
  return all ? say("state.partitions_behind", { n: behind(partitions), all }) : say("state.no_partition");
}

/** For styling: lost before everything else, because it needs somebody to look. */
export const look = (state, held) => (state.open || held === "waiting" ? held : "lost");
