import { describe, expect, test } from "vitest";
import { callsModel, type CallsScenario } from "../../../tests/fixtures/replies/calls-model";
import { exploreStates } from "../../../tests/fixtures/store/explore-states";

const SCENARIO: CallsScenario = { needsApproval: false, takeovers: 1, retries: 1, stops: 0 };

describe("each effect of a tool at most once for each word of a person", () => {
  test.each<[string, Partial<CallsScenario>]>([
    ["a call without approval, and a takeover", {}],
    ["two takeovers, and two retries", { takeovers: 2, retries: 2 }],
    ["an approval, and a takeover", { needsApproval: true }],
    ["an approval, two takeovers, and a stop", { needsApproval: true, takeovers: 2, stops: 1 }],
    ["a stop at any time", { stops: 1 }],
  ])("%s", (_, change) => {
    const { fault, path, states } = exploreStates(callsModel({ ...SCENARIO, ...change }));
    expect({ fault, path }).toEqual({ fault: null, path: [] });
    expect(states).toBeGreaterThan(50);
  });

  test.each<[NonNullable<CallsScenario["mistake"]>, Partial<CallsScenario>]>([
    ["sends before the claim", {}],
    ["repeats by itself", {}],
    ["claims of others are its own", {}],
  ])("the model finds the mistake: %s", (mistake, change) => {
    const { fault } = exploreStates(callsModel({ ...SCENARIO, ...change, mistake }));
    expect(fault).not.toBeNull();
  });
});
