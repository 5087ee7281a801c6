import { expect, test } from "vitest";
import { ExpectedError } from "~/conversation/expected-error";
import { cutOutcome, failedOutcome } from "./reply-outcome";

test("a reply that fails on its first runner is failed, and on a later one interrupted", () => {
  const error = new ExpectedError("model_stalled", "The model is silent.");
  const shown = { code: "model_stalled", message: "The model is silent." };
  expect(failedOutcome(error, false)).toEqual({ status: "failed", error: shown });
  expect(failedOutcome(error, true)).toEqual({ status: "interrupted", error: shown });
});

test("a failure of the file system is shown as one of the storage, any other as an internal error", () => {
  const ofVolume = Object.assign(new Error("no space"), { code: "ENOSPC" });
  expect(failedOutcome(ofVolume, false).error.code).toBe("volume_unavailable");
  expect(failedOutcome(new Error("a secret"), false).error).toEqual({
    code: "internal_error",
    message: "Something went wrong on our side. Try again.",
  });
});

test("a stop by a person leaves a reply stopped, any other stop reason leaves it interrupted", () => {
  expect(cutOutcome("stopped")).toEqual({ status: "stopped", isCut: true });
  expect(cutOutcome("handed over")).toEqual({ status: "interrupted", isCut: true });
});
