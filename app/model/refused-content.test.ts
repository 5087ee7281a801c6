import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { AttachmentPart } from "~/conversation/files/attachment";
import type { Omission } from "~/conversation/reply/omissions";
import type { Message } from "~/conversation/session/session";
import { type BedrockEndpoint, startBedrockEndpoint } from "../../tests/fixtures/models/bedrock-endpoint";
import {
  type ChatEndpoint,
  delta,
  refuse,
  startChatEndpoint,
  stream,
} from "../../tests/fixtures/models/chat-endpoint";
import { collectAnswer, conversation } from "../../tests/fixtures/models/collect-answer";
import { partOf, PDF, pngFile, sha256 } from "../../tests/fixtures/sample-files";
import { realClocks } from "~/clocks";
import type { AwsCredentials, CredentialChain } from "./bedrock/bedrock-source";
import { createLanguageModels } from "./create-language-models";
import { parseModelConfig } from "./offers/model-config";

const GOOD = pngFile(4, 4);
const BAD = pngFile(5, 5);
const WIDE = pngFile(8_001, 1);
const EDGE = pngFile(8_000, 1);
const LOCKED = Buffer.concat([
  PDF.subarray(0, PDF.indexOf("trailer")),
  Buffer.from("trailer<</Root 1 0 R/Encrypt 4 0 R>>\n%%EOF\n"),
]);
const stored = new Map([GOOD, BAD, WIDE, EDGE, PDF, LOCKED].map((bytes) => [sha256(bytes), bytes]));
const attachment = (id: string) => Promise.resolve(stored.get(id) ?? null);

/** The endpoint's refusal, by the content of the request body. */
let refused: ((body: string) => boolean) | null = null;
let tooLong: ((body: string) => boolean) | null = null;
let accepted = "AKIDFIRST";
let endpoint: BedrockEndpoint;
beforeEach(async () => {
  refused = tooLong = null;
  accepted = "AKIDFIRST";
  endpoint = await startBedrockEndpoint({
    refusal: ({ headers }, body) => {
      if (!headers.authorization?.includes(accepted)) {
        return [403, "UnrecognizedClientException", "The security token included in the request is invalid."];
      }
      if (tooLong?.(body.toString()))
        return [400, "ValidationException", "Input is too long for requested model."];
      return refused?.(body.toString()) ? [400, "ValidationException", "Could not process image"] : null;
    },
  });
});
afterEach(() => endpoint.close());

const keys = (accessKeyId: string): AwsCredentials => ({ accessKeyId, secretAccessKey: "s" });

function bedrock(credentials: CredentialChain = () => Promise.resolve(keys("AKIDFIRST"))) {
  const config = parseModelConfig({ MODEL_PROVIDER: "bedrock", BEDROCK_BASE_URL: endpoint.url });
  return createLanguageModels(
    { ...config, provider: "bedrock" },
    { credentials, maxRetries: 0, ...realClocks },
  );
}

async function ask(messages: Message[], models = bedrock(), instructions = "") {
  let omissions: readonly Omission[] = [];
  const answer = await collectAnswer(models, {
    messages,
    instructions,
    attachment,
    onOmissions: (reported) => (omissions = reported),
  });
  return { ...answer, omissions };
}

/** Questions and answers in turn, where some questions have files. */
function withFiles(messages: Message[], files: Record<number, AttachmentPart[]>): Message[] {
  return messages.map((message, index) =>
    message.role === "user" ? { ...message, parts: [...(files[index] ?? []), ...message.parts] } : message,
  );
}

const png = (bytes: Buffer, name: string) => partOf(bytes, "image/png", name);
const base64 = (bytes: Buffer) => bytes.toString("base64");

describe("texts in a request are well-formed", () => {
  test("in questions, answers, instructions and names, for Bedrock", async () => {
    const messages = withFiles(conversation("a \ud83d", "cut \ud83d", "and \u0000"), {
      2: [partOf(PDF, "application/pdf", "\ud83d\u0000plan.pdf"), png(GOOD, "\udc00.png")],
    });
    const { error, omissions } = await ask(messages, bedrock(), "Be \udfff brief.");
    expect(error).toBeUndefined();
    const body = JSON.stringify((await endpoint.request(0)).body);
    expect(body).not.toMatch(/\\ud[89a-f]|\\u00(?!0a|09|0d)/i);
    expect(body).toContain("Be \ufffd brief.");
    expect(omissions).toEqual([{ code: "text_malformed" }]);
  });

  test("for an OpenAI-compatible server, also after an interrupted answer", async () => {
    const server = await startChatEndpoint((response, { body }) => {
      if (JSON.stringify(body).includes("\\ud83d"))
        return refuse(response, 400, { error: "invalid unicode" });
      stream(response, delta({ content: "Hi" }, "stop"));
      response.end();
    });
    try {
      const { text, omissions } = await ask(conversation("a", "cut \ud83d", "b"), chatModels(server));
      expect({ text, omissions }).toEqual({ text: "Hi", omissions: [] });
    } finally {
      await server.close();
    }
  });

  test("also where a cut answer is continued", async () => {
    const { error } = await collectAnswer(bedrock(), {
      messages: conversation("a"),
      continueFrom: "cut \ud83d",
    });
    expect(error).toBeUndefined();
    expect(JSON.stringify((await endpoint.request(0)).body)).not.toContain("\\ud83d");
  });
});

function chatModels({ baseUrl }: ChatEndpoint) {
  const config = parseModelConfig({
    OPENAI_COMPATIBLE_BASE_URL: baseUrl,
    MODELS: JSON.stringify([{ id: "openai-compatible/seer", accepts: ["image", "document"] }]),
  });
  return createLanguageModels(
    { ...config, provider: "openai-compatible" },
    { credentials: () => Promise.reject(new Error()), maxRetries: 0, ...realClocks },
  );
}

describe("a file that Bedrock would refuse is left out and reported", () => {
  test.each([
    ["an image of too many pixels", png(WIDE, "panorama.png"), "image_too_large", "panorama.png"],
    [
      "a PDF with a password",
      partOf(LOCKED, "application/pdf", "secret.pdf"),
      "file_unreadable",
      "secret.pdf",
    ],
    ["a file that is lost", png(Buffer.from("gone"), "gone.png"), "file_lost", "gone.png"],
  ])("such as %s", async (_, file, code, subject) => {
    const { error, omissions } = await ask(
      withFiles(conversation("Look"), { 0: [file, png(GOOD, "dot.png")] }),
    );
    expect(error).toBeUndefined();
    expect(omissions).toEqual([{ code, subject }]);
    const [message] = (await endpoint.request(0)).body.messages;
    expect(message!.content.filter(({ image, document }) => image ?? document)).toHaveLength(1);
    expect(message!.content.at(-1)?.text ?? message!.content.at(-2)?.text).toContain(subject);
  });

  test("but not an image at the limit, nor a PDF that mentions encryption", async () => {
    const files = [png(EDGE, "wide.png"), partOf(PDF, "application/pdf", "plan.pdf")];
    const { omissions } = await ask(withFiles(conversation("Look"), { 0: files }));
    expect(omissions).toEqual([]);
    expect(JSON.stringify((await endpoint.request(0)).body)).toContain(base64(EDGE));
  });
});

describe("a refused request with files", () => {
  test("because of a file of an earlier message is answered without it", async () => {
    refused = (body) => body.includes(base64(BAD));
    const messages = withFiles(conversation("Look", "", "And this?"), {
      0: [png(BAD, "bad.png")],
      2: [png(GOOD, "good.png")],
    });
    const { error, omissions } = await ask(messages);
    expect(error).toBeUndefined();
    expect(omissions).toEqual([{ code: "file_refused", subject: "bad.png" }]);
    expect(endpoint.requests).toHaveLength(2);
    expect(JSON.stringify(endpoint.requests[1]!.body)).toContain(base64(GOOD));
  });

  test("because of a file of the question is answered without it, with a sentence for the model", async () => {
    refused = (body) => body.includes(base64(BAD));
    const { error, text, omissions } = await ask(
      withFiles(conversation("Look"), { 0: [png(BAD, "bad.png")] }),
    );
    expect(error).toBeUndefined();
    expect(text).toContain("bad.png");
    expect(omissions).toEqual([{ code: "file_refused", subject: "bad.png" }]);
  });

  test("for another reason is reported with the first refusal, after three requests at most", async () => {
    refused = () => true;
    const messages = withFiles(conversation("Look", "1", "Look"), {
      0: [png(GOOD, "a.png")],
      2: [png(BAD, "b.png")],
    });
    const { error } = await ask(messages);
    expect(error).toMatchObject({ code: "model_rejected" });
    expect(endpoint.requests).toHaveLength(3);
  });

  test("because of its length is retried without earlier files, but not without those of the question", async () => {
    tooLong = (body) => body.includes(base64(BAD));
    const bad = [png(BAD, "bad.png")];
    expect((await ask(withFiles(conversation("Look", "1", "And?"), { 0: bad }))).error).toBeUndefined();
    expect((await ask(withFiles(conversation("Look"), { 0: bad }))).error).toMatchObject({
      code: "model_rejected",
      message: expect.stringContaining("too long") as string,
    });
    expect(endpoint.requests).toHaveLength(3);
  });

  test("is not retried where it has no files", async () => {
    refused = () => true;
    await ask(conversation("Look"));
    expect(endpoint.requests).toHaveLength(1);
  });

  test("with a 5xx status that mentions the image is answered without it", async () => {
    const server = await startChatEndpoint((response, { body }) => {
      if (JSON.stringify(body).includes("image_url")) {
        return refuse(response, 500, {
          error: { message: "image input is not supported - provide the mmproj" },
        });
      }
      stream(response, delta({ content: "Hi" }, "stop"));
      response.end();
    });
    try {
      const messages = withFiles(conversation("Look", "1", "And now?"), { 0: [png(GOOD, "a.png")] });
      const { text, omissions } = await ask(messages, chatModels(server));
      expect({ text, omissions }).toEqual({
        text: "Hi",
        omissions: [{ code: "file_refused", subject: "a.png" }],
      });
    } finally {
      await server.close();
    }
  });
});

test.each([
  ["a session token", { sessionToken: "hunter2\nx" }],
  ["a key", { accessKeyId: "hunter2\u2192" }],
])("%s that a header cannot contain is reported as such, without quoting it", async (_, wrong) => {
  const { error } = await ask(
    conversation("Hi"),
    bedrock(() => Promise.resolve({ ...keys("AKIDFIRST"), ...wrong })),
  );
  expect(error).toMatchObject({
    code: "model_credentials",
    message: expect.stringContaining("AWS credentials") as string,
  });
  const quoted: unknown[] = [];
  for (let each = error; each instanceof Error; each = each.cause)
    quoted.push(each.message, each.stack, { ...each });
  expect(JSON.stringify(quoted)).not.toContain("hunter2");
});

describe("credentials that were renewed while the server runs", () => {
  /** A chain that caches credentials until `forceRefresh`. */
  function chain(...read: string[]) {
    let asked = 0;
    let kept = read[0]!;
    const credentials: CredentialChain = (options) => {
      if (options?.forceRefresh) kept = read[Math.min(++asked, read.length - 1)]!;
      return Promise.resolve(keys(kept));
    };
    return { credentials, asked: () => asked };
  }

  test("are used at once, and from then on", async () => {
    accepted = "AKIDSECOND";
    const { credentials, asked } = chain("AKIDFIRST", "AKIDSECOND");
    const models = bedrock(credentials);
    for (let time = 0; time < 2; time++)
      expect((await ask(conversation("Hi"), models)).error).toBeUndefined();
    expect(asked()).toBe(1);
    expect(endpoint.requests).toHaveLength(3);
  });

  test("but are refused, too, are reported as such after one more request", async () => {
    accepted = "AKIDTHIRD";
    const { credentials, asked } = chain("AKIDFIRST", "AKIDSECOND", "AKIDFOURTH");
    expect((await ask(conversation("Hi"), bedrock(credentials))).error).toMatchObject({
      code: "model_credentials",
    });
    expect([asked(), endpoint.requests.length]).toEqual([1, 2]);
  });

  test("are read from their file again", async () => {
    accepted = "AKIDSECOND";
    const { connectModels } = await import("~/models.server");
    const { mkdtemp, rm, writeFile } = await import("node:fs/promises");
    const { tmpdir } = await import("node:os");
    const { join } = await import("node:path");
    const folder = await mkdtemp(join(tmpdir(), "holdfast-aws-"));
    const file = join(folder, "credentials");
    const write = (id: string) =>
      writeFile(file, `[renewed]\naws_access_key_id = ${id}\naws_secret_access_key = s\n`);
    vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", file);
    vi.stubEnv("AWS_CONFIG_FILE", `${file}.none`);
    vi.stubEnv("AWS_PROFILE", "renewed");
    try {
      await write("AKIDFIRST");
      const model = parseModelConfig({ MODEL_PROVIDER: "bedrock", BEDROCK_BASE_URL: endpoint.url });
      const quotas = { daily: { dollars: 0 } } as Parameters<typeof connectModels>[0]["quotas"];
      const models = await connectModels(
        { model, quotas },
        { warn: () => undefined },
        { ...realClocks, delay: () => Promise.reject(new Error("the provider is set")) },
      );
      expect((await ask(conversation("Hi"), models)).error).toMatchObject({ code: "model_credentials" });
      await write("AKIDSECOND");
      expect((await ask(conversation("Hi"), models)).error).toBeUndefined();
    } finally {
      vi.unstubAllEnvs();
      await rm(folder, { recursive: true });
    }
  });
});
