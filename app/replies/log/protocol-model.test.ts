import { describe, expect, test } from "vitest";
import { exploreStates } from "../../../tests/fixtures/store/explore-states.ts";
import { replyLogModel } from "../../../tests/fixtures/reply-log-model/model.ts";
import type { Mistake, Scenario } from "../../../tests/fixtures/reply-log-model/state.ts";
import { longVariants } from "../../../tests/fixtures/variants";

/**
 * The protocol of the reply log (app/store/PROTOCOL.md), explored in every order of its steps. The numbers of states
 * are those of the model: they change with it, and say how much was seen.
 */
const SCENARIO: Scenario = {
  takeovers: 1,
  words: [2, 1, 0],
  segments: [1, 1, 1],
  hasFollower: true,
  person: null,
  isBuried: false,
};

const HOLDS: [where: string, states: number, scenario: Partial<Scenario>][] = [
  [
    "two takeovers, and a second segment of the second runner",
    31_471,
    { takeovers: 2, words: [1, 1, 0], segments: [1, 2, 1] },
  ],
  ["two takeovers, and burials", 41_454, { takeovers: 2, isBuried: true }],
  [
    "a takeover, a second segment and a deletion",
    31_196,
    { words: [1, 1], segments: [2, 1], person: "deletes" },
  ],
  ...longVariants<[string, number, Partial<Scenario>]>([
    [
      "two takeovers, and a second segment of the first runner",
      121_995,
      { takeovers: 2, segments: [2, 1, 1] },
    ],
    ["two takeovers, and a stop", 78_350, { takeovers: 2, words: [1, 2, 0], person: "stops" }],
    [
      "a takeover, a second segment, a stop and burials",
      79_351,
      { words: [2, 2], segments: [2, 1], person: "stops", isBuried: true },
    ],
  ]),
];

describe("the protocol of the reply log loses no word that was shown", () => {
  test.each(HOLDS)("%s: %i states", (_, states, scenario) => {
    const exploration = exploreStates(replyLogModel({ ...SCENARIO, ...scenario }));

    expect(exploration).toEqual({ states, fault: null, path: [] });
  });
});

const RUNNER_LACKS = "the newest runner lacks words that somebody was shown";
const MESSAGE_LACKS = "the message lacks words that somebody was shown";
const LOG_LACKS = "no log has words that somebody was shown";
const GOES_ON = "a runner went on after a stop or a deletion";

type Found = { fault: string; atStep: string };
const MISTAKES: [mistake: Mistake, states: number, scenario: Partial<Scenario>, found: Found][] = [
  ["read before note", 97, {}, { fault: RUNNER_LACKS, atStep: "1 lists its inbox and shows" }],
  ["no note", 96, {}, { fault: RUNNER_LACKS, atStep: "1 lists its inbox and shows" }],
  ["no note of a stop", 78, { takeovers: 0, person: "stops" }, { fault: GOES_ON, atStep: "1 appends b" }],
  ["obeyed notes are removed", 349, {}, { fault: RUNNER_LACKS, atStep: "a follower lists the inbox" }],
  ["shown before the listing", 127, {}, { fault: RUNNER_LACKS, atStep: "1 shows" }],
  [
    "torn beginning is read",
    725,
    { segments: [2, 1] },
    { fault: RUNNER_LACKS, atStep: "2 reads the log of 1" },
  ],
  ["torn salvage is read", 3_632, { takeovers: 2 }, { fault: RUNNER_LACKS, atStep: "3 reads the log of 2" }],
  [
    "superseded words are dropped",
    489,
    { segments: [2, 1] },
    { fault: LOG_LACKS, atStep: "a line of 1 lands" },
  ],
  [
    "note makes the folder",
    4_870,
    { segments: [2, 1], isBuried: true },
    { fault: MESSAGE_LACKS, atStep: "1 lists its inbox and shows" },
  ],
  [
    "folder after the commit",
    6_211,
    { takeovers: 2 },
    { fault: RUNNER_LACKS, atStep: "2 lists its inbox and shows" },
  ],
  [
    "own folder is made again",
    21_775,
    { takeovers: 2, isBuried: true },
    { fault: MESSAGE_LACKS, atStep: "2 lists its inbox and shows" },
  ],
  [
    "buried file by file",
    4_565,
    { segments: [2, 1], isBuried: true },
    { fault: MESSAGE_LACKS, atStep: "1 lists its inbox and shows" },
  ],
];

describe("a mistake in the protocol of the reply log is found", () => {
  test.each(MISTAKES)("%s: within %i states", (mistake, states, scenario, { fault, atStep }) => {
    const found = exploreStates(replyLogModel({ ...SCENARIO, ...scenario, mistake }));

    expect({ states: found.states, fault: found.fault, atStep: found.path.at(-1) }).toEqual({
      states,
      fault,
      atStep,
    });
  });
});
