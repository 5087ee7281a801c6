/**
 * What the page says of the keyring:
 * - `off`: this browser has none.
 * - `syncing`: the first answer of the server is awaited, or changes are on their way.
 * - `on`: this browser and the keyring have the same, as far as it is known.
 * - `offline`: the server cannot be reached. Changes wait, and are sent when it can.
 * - `outdated`: the server has an older keyring than this browser has seen, and is being sent what it lacks.
 * - `full`: the keyring has no room for the changes of this browser, which are kept here.
 * - `unreadable`: the keyring cannot be opened with this secret, or was changed by somebody without it.
 * - `newer`: a later version of this page has written it. The page is to be loaded again.
 * - `deleted`: the keyring was deleted, or replaced because a device was lost. Final for this secret.
 */
export type Phase =
  "off" | "syncing" | "on" | "offline" | "outdated" | "full" | "unreadable" | "newer" | "deleted";

/**
 * - `started`, `stopped`: the browser has a secret now, or has none any more.
 * - `asked`: a change is to be sent, or the keyring to be read.
 * - `answered`: the keyring and this browser have the same.
 * - `unreachable`, `refused`: no answer, or none that counts now; the keyring has no room.
 * - `rolledBack`, `undecipherable`, `ofLaterVersion`, `gone`: what the answer was.
 */
export type PhaseEvent =
  | "started"
  | "stopped"
  | "asked"
  | "answered"
  | "unreachable"
  | "refused"
  | "rolledBack"
  | "undecipherable"
  | "ofLaterVersion"
  | "gone";

type Row = Partial<Record<PhaseEvent, Phase>>;

/** What any answer leads to, in each phase in which one is awaited. */
const ANSWERS: Row = {
  stopped: "off",
  answered: "on",
  unreachable: "offline",
  refused: "full",
  rolledBack: "outdated",
  undecipherable: "unreadable",
  ofLaterVersion: "newer",
  gone: "deleted",
};

/** Where an event has no entry, the phase stays. */
export const TRANSITIONS: Readonly<Record<Phase, Row>> = {
  off: { started: "syncing" },
  syncing: ANSWERS,
  on: { ...ANSWERS, asked: "syncing" },
  // Shown until the server has answered: a page without a network would alternate between two phases.
  offline: ANSWERS,
  outdated: { ...ANSWERS, unreachable: "outdated" },
  full: { ...ANSWERS, unreachable: "full" },
  unreadable: ANSWERS,
  newer: ANSWERS,
  deleted: { stopped: "off" },
};

export function nextPhase(phase: Phase, event: PhaseEvent): Phase {
  return TRANSITIONS[phase][event] ?? phase;
}
