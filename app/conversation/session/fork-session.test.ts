import { expect, it } from "vitest";
import { conversation } from "../../../tests/fixtures/models/collect-answer";
import { forkSession } from "./fork-session";
import { session as sessionSchema, type Session } from "./session";

const NOW = "2026-02-01T00:00:00.000Z";
const messages = conversation("One", "1", "Two", "2");
const edited = { ...messages[2]!, id: "m2b" };

const source: Session = {
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
  title: "Counting",
  titleSource: "person",
  settings: { modelId: "demo/demo", instructions: "Count.", temperature: 0.5 },
  messages: [...messages, edited],
  head: "m2b",
  reply: {
    id: "r1",
    messageId: "a1",
    parentId: "m2b",
    continues: null,
    epoch: 1,
    node: "n.boot",
    modelId: "demo/demo",
    startedAt: NOW,
    stopRequested: false,
  },
};

it.each([
  ["Counting (2)", "Counting (3)"],
  ["(2)", "(2) (2)"],
  ["", ""],
  ["😀".repeat(100), `${"😀".repeat(98)} (2)`],
])("the fork of a session with the title %j has the title %j", (title, forked) => {
  const fork = forkSession(null, { source: { ...source, title }, messageId: "m1", now: NOW });
  expect(fork.title).toBe(forked);
  expect(sessionSchema.parse(fork)).toEqual(fork);
});

it("a fork has the branch up to the message, with title and settings", () => {
  const fork = forkSession(null, { source, messageId: "m1", now: NOW });
  expect(sessionSchema.parse(fork)).toEqual(fork);
  expect(fork).toEqual({
    createdAt: NOW,
    updatedAt: NOW,
    title: "Counting (2)",
    titleSource: "person",
    settings: source.settings,
    messages: messages.slice(0, 2),
    head: "m1",
    reply: null,
  });
});

it("a fork has no other branches", () => {
  const fork = forkSession(null, { source, messageId: "m2b", now: NOW });
  expect(fork.messages.map(({ id }) => id)).toEqual(["m0", "m1", "m2b"]);
});

it("a repeated fork returns the fork as it is now, also if its source was deleted", () => {
  const fork = forkSession(null, { source, messageId: "m1", now: NOW });
  const grown = { ...fork, messages: [...fork.messages, edited] };
  expect(forkSession(grown, { source, messageId: "m1", now: NOW })).toBe(grown);
  expect(forkSession(grown, { source: null, messageId: "m1", now: NOW })).toBe(grown);
});

it.each([
  ["of a missing session", null, { source: null, messageId: "m1" }, "session_not_found"],
  ["up to a missing message", null, { source, messageId: "nowhere" }, "message_not_found"],
  ["up to an answer that is being written", null, { source, messageId: "a1" }, "message_not_found"],
  [
    "where another session exists",
    { ...source, messages: conversation("Else").map((message) => ({ ...message, id: "x" })) },
    { source, messageId: "m1" },
    "session_exists",
  ],
])("a fork %s is refused", (_, existing, fork, code) => {
  expect(() => forkSession(existing, { ...fork, now: NOW })).toThrowError(expect.objectContaining({ code }));
});
