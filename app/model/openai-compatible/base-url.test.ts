import { expect, test } from "vitest";
import { ModelConfigError } from "~/model/offers/model-config-error";
import { parseModelConfig } from "~/model/offers/model-config";
import { baseUrlWarning } from "./base-url";

const parse = (env: Record<string, string>) =>
  parseModelConfig({ MODELS: "openai-compatible/llama3.2", ...env });

function issueOf(env: Record<string, string>): string {
  try {
    parse(env);
  } catch (error) {
    expect(error).toBeInstanceOf(ModelConfigError);
    return (error as ModelConfigError).message;
  }
  return "";
}

test.each([
  ["http://localhost:1/v1/chat/completions", "http://localhost:1/v1"],
  ["http://localhost:1/v1/chat/completions/", "http://localhost:1/v1"],
  ["http://localhost:1/chat/completions", "http://localhost:1/v1"],
  ["http://localhost:11434/api/chat", "http://localhost:11434/v1"],
  ["https://example.com/openai/v1/responses", "https://example.com/openai/v1"],
  ["http://localhost:1/v1?api-key=hunter2", "http://localhost:1/v1"],
  ["http://localhost:1/v1#hunter2", "http://localhost:1/v1"],
  ["http://ada:hunter2@localhost:1/v1", "http://localhost:1/v1"],
  ["http://hunter2@localhost:1//v1", "http://localhost:1/v1"],
])("the base URL %s is refused at start, with a suggestion", (value, should) => {
  const issue = issueOf({ OPENAI_COMPATIBLE_BASE_URL: value });
  expect(issue).toContain("OPENAI_COMPATIBLE_BASE_URL");
  expect(issue).toMatch(new RegExp(`should look like ${should}[.,]`));
  expect(issue).not.toContain("hunter2");
});

test.each([
  ["http://localhost:11434/v1", "http://localhost:11434/v1"],
  ["http://localhost:11434/v1/", "http://localhost:11434/v1"],
  ["http://localhost:11434//v1//", "http://localhost:11434/v1"],
  ["https://example.com/a//b/v1", "https://example.com/a/b/v1"],
  ["http://localhost:8000/", "http://localhost:8000"],
])("the base URL %s is normalised to %s", (value, taken) => {
  expect(parse({ OPENAI_COMPATIBLE_BASE_URL: value }).openaiCompatibleBaseUrl).toBe(taken);
});

test("a base URL without a path causes a warning, one with a path does not", () => {
  expect(baseUrlWarning("X", "http://localhost:8000")).toContain("http://localhost:8000/v1");
  expect(baseUrlWarning("X", "https://example.com/api")).toBeNull();
});

test.each(["OPENAI_COMPATIBLE_API_KEY", "AWS_BEARER_TOKEN_BEDROCK"])(
  "%s with characters that a header cannot contain is refused by name, without quoting it",
  (name) => {
    for (const bad of [
      "hunter2\nx",
      "hunter2\r\nX-Other: 1",
      "hunter2\u0000",
      "hunter2\u200b",
      "hunter2→",
      "hunter2é",
    ]) {
      const issue = issueOf({ OPENAI_COMPATIBLE_BASE_URL: "http://localhost:1/v1", [name]: bad });
      expect(issue).toContain(name);
      expect(issue).not.toContain("hunter2");
    }
    expect(issueOf({ OPENAI_COMPATIBLE_BASE_URL: "http://localhost:1/v1", [name]: " sk-aB3_-./+= \n" })).toBe(
      "",
    );
  },
);
