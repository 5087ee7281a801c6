import { expect, test } from "vitest";
import { createWatcherCount } from "./watcher-count";

test("rejects watchers of a session over the limit until one leaves; leaving twice counts once", () => {
  const enter = createWatcherCount(2);
  const leave = enter("a");
  enter("a");
  expect(() => enter("a")).toThrow(
    expect.objectContaining({ code: "too_many_requests", details: { retryAfterSeconds: 15 } }),
  );
  enter("b");
  leave();
  leave();
  enter("a");
  expect(() => enter("a")).toThrow(expect.objectContaining({ code: "too_many_requests" }));
});
