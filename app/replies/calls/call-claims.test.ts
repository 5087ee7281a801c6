import { expect, it } from "vitest";
import { unavailable } from "~/store/volume/volume-operations";
import type { RunContext } from "../run-context";
import { createCallClaims } from "./call-claims";

/** Claims of a run whose volume answers as `check` does. */
function claimsWith(check: () => Promise<void>, reason: () => "stopped" | null = () => null) {
  const warnings: string[] = [];
  const context = {
    session: { partial: null },
    control: { reason, ended: new Promise(() => undefined) },
    watch: { check, latest: () => undefined },
    deps: {
      now: () => 0,
      clock: () => new Date(0),
      delay: () => Promise.resolve(),
      log: { warn: (_: object, words: string) => warnings.push(words) },
    },
  };
  return { claims: createCallClaims(context as unknown as RunContext), warnings };
}

it("a claim that has become stale while the volume is away is checked until the volume answers", async () => {
  let failures = 2;
  const { claims, warnings } = claimsWith(() =>
    failures-- > 0 ? Promise.reject(unavailable("away")) : Promise.resolve(),
  );
  expect(await claims.refresh()).toBe(true);
  expect(warnings).toHaveLength(2);
});

it("a run that is to end while the volume is away sends nothing, and does not fail", async () => {
  const { claims } = claimsWith(
    () => Promise.reject(unavailable("away")),
    () => "stopped",
  );
  expect(await claims.refresh()).toBe(false);
});

it("an error that does not pass is thrown", async () => {
  const failure = new Error("a fault");
  const { claims } = claimsWith(() => Promise.reject(failure));
  await expect(claims.refresh()).rejects.toBe(failure);
});
