import { APICallError, StreamProviderError } from "ai";
import { expect, test } from "vitest";
import { MAX_ERROR_DETAIL_LENGTH } from "~/conversation/limits";
import { providerMessage } from "./provider-message";

const refusal = (responseBody: string) => failure({ responseBody, statusCode: 400 });

function failure(details: { message?: string; responseBody?: string; statusCode?: number }) {
  const url = "http://user:password@models.example/v1";
  return new APICallError({ message: "Bad Request", url, requestBodyValues: {}, ...details });
}

test.each([
  ['{"error":{"message":"model is loading","type":"x"}}', "HTTP 400: model is loading"],
  ['{"error":"model is loading"}', "HTTP 400: model is loading"],
  ['{"message":"model is loading"}', "HTTP 400: model is loading"],
  ['{"detail":"model is loading"}', "HTTP 400: model is loading"],
  ['{"object":"error","message":"model\\n is\\u0007 loading"}', "HTTP 400: model is loading"],
  ["model is loading\n", "HTTP 400: model is loading"],
  ["", "HTTP 400: Bad Request"],
  ["<html><body>model is loading</body></html>", "HTTP 400: Bad Request"],
])("what a server says in %s", (body, said) => {
  expect(providerMessage(refusal(body))).toBe(said);
});

test("what an error in the stream says", () => {
  expect(providerMessage(new StreamProviderError({ message: "out of memory" }))).toBe("out of memory");
});

test("nothing, without a response", () => {
  expect(providerMessage(failure({ message: "connect ECONNREFUSED 10.0.0.7:8000" }))).toBeNull();
  expect(providerMessage(new Error("of this server"))).toBeNull();
});

test.each([
  ["Incorrect API key provided: sk-abc***def. Find it at https://example.com/keys?user=7", /sk-abc|user=7/],
  ["Incorrect key provided: hunter-two", /hunter/],
  ["User: arn:aws:sts::123456789012:assumed-role/web/i-0 is not authorized", /123456789012|assumed-role/],
  ["account 123456789012 is suspended", /123456789012/],
  ["proxy http://admin:secret@10.0.0.1:80/ said no", /admin|secret/],
  ["header Authorization: Bearer abcdef123 was refused", /abcdef123/],
  ['{"api_key": "abcd1234"} was refused', /abcd1234/],
  ["session AKIDEXAMPLE0000 and token 0123456789abcdef0123456789abcdef", /0123456789abcdef/],
  ["it failed\n    at Server.handle (/srv/app/server.js:10:7)", /server\.js/],
  ['it failed\nTraceback (most recent call last):\n  File "/srv/app.py"', /app\.py/],
])("%s is shown without what reveals a secret, an account or the machine", (message, revealed) => {
  const told = providerMessage(refusal(JSON.stringify({ error: { message } })), ["hunter-two"]);
  expect(told).toMatch(/^HTTP 400: \S/);
  expect(told).not.toMatch(revealed);
});

test("a long message is cut, however hostile", () => {
  for (const piece of ["x1-", "a ", "https://a@", "sk-", "\u{1f600}"]) {
    const told = providerMessage(refusal(JSON.stringify({ error: piece.repeat(300_000) })));
    expect(told!.length).toBeLessThanOrEqual(MAX_ERROR_DETAIL_LENGTH);
    expect(told!.isWellFormed()).toBe(true);
  }
});
