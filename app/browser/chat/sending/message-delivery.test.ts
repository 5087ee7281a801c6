import { expect, test } from "vitest";
import { ApiError } from "~/browser/chat/api-error";
import { redeliveryOf } from "./message-delivery";

const limit = (retryAt: number) => new ApiError("too_many_requests", "Too many requests.", 429, { retryAt });

test.each<[string, unknown, ReturnType<typeof redeliveryOf>]>([
  ["a passing failure", new ApiError("unreachable", "", 0), { isWaiting: true, limitEndsInMs: null }],
  ["a limit that ends within two minutes", limit(121_000), { isWaiting: true, limitEndsInMs: 120_000 }],
  ["a limit that ends later", limit(121_001), { isWaiting: false, limitEndsInMs: null }],
  ["a refusal", new ApiError("bad_request", "", 400), { isWaiting: false, limitEndsInMs: null }],
  ["an error of the page", new TypeError("x"), { isWaiting: false, limitEndsInMs: null }],
])("%s decides whether a message is sent again automatically", (_, error, expected) => {
  expect(redeliveryOf(error, 1_000)).toEqual(expected);
});
