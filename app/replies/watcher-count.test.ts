import { expect, test } from "vitest";
import { createWatcherCount } from "./watcher-count";

test("one too many is refused until another has left, which it does once; other sessions do not mind", () => {
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
