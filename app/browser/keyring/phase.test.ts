import { expect, test } from "vitest";
import { nextPhase, TRANSITIONS, type Phase, type PhaseEvent } from "./phase";

const follow = (from: Phase, ...events: PhaseEvent[]) => events.reduce(nextPhase, from);

test("a keyring is shown as synced, and as offline until the server answers", () => {
  expect(follow("off", "started")).toBe("syncing");
  expect(follow("syncing", "answered", "asked")).toBe("syncing");
  expect(follow("syncing", "unreachable", "asked", "unreachable")).toBe("offline");
  expect(follow("offline", "answered")).toBe("on");
});

test("an older or full keyring is shown as that until it is not", () => {
  expect(follow("on", "rolledBack", "asked", "unreachable")).toBe("outdated");
  expect(follow("outdated", "answered")).toBe("on");
  expect(follow("syncing", "refused", "asked", "unreachable")).toBe("full");
});

test("a deleted keyring stays deleted until this browser has left it", () => {
  const events = new Set(Object.values(TRANSITIONS).flatMap((row) => Object.keys(row) as PhaseEvent[]));
  for (const event of events) {
    expect(nextPhase("deleted", event)).toBe(event === "stopped" ? "off" : "deleted");
  }
});
