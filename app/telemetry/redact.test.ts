import { expect, test } from "vitest";
import { createRedactor } from "./redact";

const redact = createRedactor(["correct horse battery", "short"]);
const id = "Dg2-fjC1cUhVzDmo5pWN4Q";

test.each([
  [`Failed to decode param '/share%ff${id}'`, id],
  [`Invalid URL: http://localhost/${id}?x`, id],
  ["Failed to parse URL from https://me:pass-word@model.example/v1", "pass-word"],
  ['Headers.append: "Bearer abc\ndef" is an invalid header value.', "abc"],
  ["refused: Bearer abc.def-ghi", "abc.def"],
  ["Cookie holdfast_access=MTc2.c2ln; x", "MTc2"],
  ["the key AKIAIOSFODNN7EXAMPLE is not valid", "AKIA"],
  ["Incorrect API key provided: sk-proj-12345678", "12345678"],
  ["the code was correct horse battery", "correct horse"],
])("a secret is removed from %j", (text, secret) => {
  expect(redact(text)).not.toContain(secret);
  expect(redact(text)).toContain("[redacted]");
});

test.each([
  "Error: ENOENT: no such file or directory, open '/data/sessions/ab/0123456789abcdef0123456789abcdef.json'",
  "    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)",
  "    at createReadableStreamFromReadable (file:///app/build/index.js:12:3)",
  "fetch failed: connect ECONNREFUSED http://127.0.0.1:11434/v1",
  "it is too short",
])("text without secrets is unchanged: %j", (text) => {
  expect(redact(text)).toBe(text);
});
