import { APICallError, JSONParseError, StreamProviderError, TypeValidationError } from "ai";
import { describe, expect, test } from "vitest";
import { ExpectedError } from "~/conversation/expected-error";
import { type ModelErrorContext, toModelError } from "./model-error";
import { stallReason, unfinishedReason } from "./model-failure";

const BEDROCK: ModelErrorContext = {
  modelName: "Amazon Nova Pro",
  model: "us.amazon.nova-pro-v1:0",
  service: { kind: "bedrock", region: "us-east-1", baseUrl: null },
  begun: false,
};

const call = (statusCode: number | undefined, message = "no words of ours", type = "") =>
  new APICallError({
    message,
    url: "https://bedrock-runtime.us-east-1.amazonaws.com",
    requestBodyValues: {},
    ...(statusCode !== undefined && { statusCode }),
    responseHeaders: { "x-amzn-errortype": type },
    responseBody: JSON.stringify({ message }),
  });

test.each([
  [call(403, "You don't have access"), "model_denied", "open the model once in the playground"],
  [
    call(403, "", "InvalidSignatureException"),
    "model_credentials",
    "did not accept the server's credentials",
  ],
  [call(403, "", "UnrecognizedClientException"), "model_credentials", "Amazon Nova Pro in us-east-1"],
  [call(401), "model_credentials", "did not accept"],
  [call(429), "model_throttled", "Wait a minute"],
  [call(400), "model_rejected", "did not accept the request"],
  [call(400, "Input Tokens Exceeded: too many input tokens"), "model_rejected", "too long"],
  [call(400, "prompt is too long: 250000 tokens > 200000 maximum"), "model_rejected", "too long"],
  [call(400, "with on-demand throughput isn’t supported"), "model_rejected", "correct its id in MODELS"],
  [call(404), "model_rejected", "does not offer"],
  [call(413), "model_rejected", "too long"],
  [call(408), "model_unavailable", "Try again"],
  [call(424), "model_interrupted", "cut off"],
  [call(500), "model_unavailable", "Bedrock in us-east-1"],
  [call(undefined), "model_unavailable", "Bedrock in us-east-1 cannot be reached"],
  [new TypeError("terminated"), "model_interrupted", "before it answered"],
  [unfinishedReason(), "model_interrupted", "cut off"],
  [stallReason(120), "model_stalled", "went silent"],
  ["a string", "model_interrupted", "cut off"],
  [undefined, "model_interrupted", "cut off"],
])("the failure %s is reported as %s", (error, code, words) => {
  const mapped = toModelError(error, BEDROCK);
  expect({ code: mapped.code, message: mapped.message }).toEqual({
    code,
    message: expect.stringContaining(words) as string,
  });
  expect(mapped.message).not.toContain("no words of ours");
});

test("a service that fails after the answer has begun is reported as an interruption with the text kept", () => {
  for (const error of [call(500), call(503), new TypeError("terminated")]) {
    const mapped = toModelError(error, { ...BEDROCK, begun: true });
    expect(mapped.code).toBe("model_interrupted");
    expect(mapped.message).toContain("What it wrote is saved");
  }
});

test("an ExpectedError stays unchanged", () => {
  const error = new ExpectedError("model_denied", "No.");
  expect(toModelError(error, BEDROCK)).toBe(error);
});

test("a password in the base URL is not shown", () => {
  const service = { kind: "server", baseUrl: "http://ada:secret@localhost:11434/v1/" } as const;
  expect(toModelError(call(undefined), { ...BEDROCK, service }).message).toContain(
    "Nothing answers at http://localhost:11434/v1:",
  );
});

test.each([
  'Headers.append: "Bearer sk-hunter2" is an invalid header value.',
  "Cannot convert argument to a ByteString because the character at index 7 of hunter2 is greater than 255.",
  "Request cannot be constructed from a URL that includes credentials: http://ada:hunter2@localhost/v1",
  "Failed to parse URL from hunter2",
  'Invalid character in header content ["authorization: hunter2"]',
])("an error of fetch that quotes a key or an address is neither logged nor shown: %s", (message) => {
  const refusal = new TypeError(message);
  const call = new APICallError({
    message: "Cannot connect",
    url: "x",
    requestBodyValues: {},
    cause: refusal,
  });
  for (const error of [refusal, new TypeError("fetch failed", { cause: refusal }), call]) {
    const mapped = toModelError(error, BEDROCK);
    expect(mapped.code).toBe("model_credentials");
    expect(mapped.message).toContain("AWS credentials");
    const logged: unknown[] = [];
    for (let each: unknown = mapped; each instanceof Error; each = each.cause) {
      logged.push(each.message, each.stack, { ...each });
    }
    expect(JSON.stringify([logged, mapped.cause])).not.toContain("hunter2");
  }
});

describe("a wrong base URL", () => {
  const server = (baseUrl: string) => ({ ...BEDROCK, service: { kind: "server", baseUrl } as const });

  test.each([
    [call(404, "Not Found"), "http://localhost:8000", "as in http://localhost:8000/v1"],
    [call(404, "404 page not found"), "http://localhost:11434/api", "as in http://localhost:11434/api/v1"],
    [call(405, "Method Not Allowed"), "http://localhost:8000", "http://localhost:8000/chat/completions"],
    [call(404, "Not Found"), "http://localhost:8000/v1", "http://localhost:8000/v1/chat/completions"],
  ])("with the error %s is reported with the requested address (%s)", (error, baseUrl, words) => {
    const mapped = toModelError(error, server(baseUrl));
    expect(mapped.code).toBe("model_address");
    expect(mapped.message).toContain(`${baseUrl}/chat/completions`);
    expect(mapped.message).toContain(words);
    expect(mapped.message).not.toContain("ollama");
  });

  test.each(["The model `x` does not exist.", "model 'x' not found", "No such model"])(
    "is distinguished from an unknown model: %s",
    (message) => {
      expect(toModelError(call(404, message), server("http://localhost/v1")).message).toContain(
        "ollama pull",
      );
    },
  );
});

describe("a refusal is classified by its wording, whatever its status", () => {
  const server = { ...BEDROCK, service: { kind: "server", baseUrl: "http://localhost/v1" } as const };
  /** As in a stream, or as the content of an answer with 200: without a status. */
  const streamed = (message: string, code: string | null = null) =>
    new StreamProviderError({ message, ...(code !== null && { code }), data: null });

  test.each([
    [call(412, "Account suspended due to unpaid invoice"), "model_no_credit", "add credit"],
    [call(500, "Insufficient Balance"), "model_no_credit", "add credit"],
    [call(404, "The account has run out of credits"), "model_no_credit", "add credit"],
    [call(429, "insufficient_quota: You exceeded your current quota"), "model_no_credit", "add credit"],
    [call(429, "You exceeded your current quota. Please retry in 12s."), "model_throttled", "Wait a minute"],
    [call(400, "API key not valid. Please pass a valid API key."), "model_credentials", "API_KEY"],
    [streamed("Incorrect API key provided: sk-1", "invalid_api_key"), "model_credentials", "API_KEY"],
    [streamed("The model `foo` does not exist", "model_not_found"), "model_rejected", "has no model"],
    [call(404, "No endpoints found for foo/bar."), "model_rejected", "has no model"],
    [call(404, "DeploymentNotFound The API deployment does not exist."), "model_rejected", "has no model"],
    [call(400, "The model `x` has been decommissioned"), "model_rejected", "has no model"],
    [call(404, "No endpoints found that support image input"), "model_rejected", "did not accept"],
    [call(403, "Your input was flagged by moderation"), "model_rejected", "Change the message"],
    [streamed("Unexpected endpoint or method. (POST /chat/completions)"), "model_address", "has nothing at"],
    [call(418, "I am a teapot"), "model_rejected", "did not accept"],
    [call(451), "model_rejected", "did not accept"],
    [call(410, "Gone"), "model_rejected", "has no model"],
    [call(409), "model_unavailable", "Try again"],
    [call(400, "Invalid signature in thinking block"), "model_rejected", "did not accept"],
  ])("the failure %s is reported as %s", (error, code, words) => {
    const { code: mapped, message } = toModelError(error, server);
    expect({ mapped, message }).toEqual({ mapped: code, message: expect.stringContaining(words) as string });
  });
});

test.each([
  new JSONParseError({ text: '{"delta":"my secret di', cause: new SyntaxError("Unexpected end") }),
  new TypeValidationError({ value: { delta: "my secret diary" }, cause: new Error("my secret diary") }),
])("an answer that does not parse is not quoted in the log", (error) => {
  const cause = toModelError(error, BEDROCK).cause as Error;
  expect(cause.name).toBe(error.name);
  expect(`${cause.stack} ${JSON.stringify(cause)} ${String(cause.cause)}`).not.toContain("secret");
});
