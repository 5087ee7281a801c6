import { expect, test } from "vitest";
import { createStopControl, type StopReason } from "./stop-control";

test.each<[StopReason[], StopReason]>([
  [["handed over", "stopped"], "stopped"],
  [["stopped", "handed over"], "stopped"],
  [["stopped", "superseded"], "superseded"],
  [["superseded", "stopped"], "superseded"],
])("the stop reasons %j leave the one of highest precedence, %s", (given, kept) => {
  const control = createStopControl();
  for (const reason of given) control.stop(reason);
  expect(control.reason()).toBe(kept);
});

test("a stop aborts the signal, and an abort alone gives no stop reason", () => {
  const stopped = createStopControl();
  stopped.stop("handed over");
  expect(stopped.signal.reason).toEqual(new Error("the reply was handed over"));

  const aborted = createStopControl();
  aborted.abort(new Error("too long"));
  expect(aborted.signal.aborted).toBe(true);
  expect(aborted.reason()).toBeNull();
});

test("waiting for the next stop reason ends with one that replaces another, not with one that is ignored", async () => {
  const control = createStopControl();
  control.stop("stopped");
  let isGiven = false;
  const next = control.nextReason().then(() => (isGiven = true));
  control.stop("handed over");
  await Promise.resolve();
  expect(isGiven).toBe(false);
  control.stop("superseded");
  await next;
  expect(isGiven).toBe(true);
});
