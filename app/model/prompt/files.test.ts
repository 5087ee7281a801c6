import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AttachmentPart } from "~/conversation/files/attachment";
import { estimateTokens } from "~/conversation/estimate-tokens";
import type { Message } from "~/conversation/session/session";
import { type BedrockEndpoint, startBedrockEndpoint } from "../../../tests/fixtures/models/bedrock-endpoint";
import { collectAnswer } from "../../../tests/fixtures/models/collect-answer";
import { partOf, PDF, pngFile, sha256 } from "../../../tests/fixtures/sample-files";
import { realClocks } from "~/clocks";
import { createLanguageModels } from "~/model/create-language-models";
import { parseModelConfig } from "~/model/offers/model-config";

const PNG = pngFile(4, 4);
const CSV = Buffer.from("name,age\nAda,36\n");

const stored = new Map([PNG, PDF, CSV].map((bytes) => [sha256(bytes), bytes]));
const asked: string[] = [];
const attachment = (id: string) => {
  asked.push(id);
  return Promise.resolve(stored.get(id) ?? null);
};

let endpoint: BedrockEndpoint;
beforeEach(async () => {
  asked.length = 0;
  endpoint = await startBedrockEndpoint();
});
afterEach(() => endpoint.close());

function modelsOf(env: Record<string, string>) {
  const config = parseModelConfig({ MODEL_PROVIDER: "bedrock", BEDROCK_BASE_URL: endpoint.url, ...env });
  const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "not-a-secret" };
  return createLanguageModels(
    { ...config, provider: config.provider! },
    { credentials: () => Promise.resolve(keys), maxRetries: 0, ...realClocks },
  );
}

const createdAt = "2026-11-23T00:00:00.000Z";

/** Questions with files, each answered but the last. */
function branch(...questions: { text?: string; files?: AttachmentPart[] }[]): Message[] {
  return questions.flatMap(({ text = "", files = [] }, index): Message[] => {
    const [id, parentId] = [`q${String(index)}`, index === 0 ? null : `a${String(index - 1)}`];
    const parts = [...files, ...(text === "" ? [] : [{ type: "text" as const, text }])];
    const question: Message = { id, parentId, role: "user", parts, metadata: { createdAt } };
    const answer: Message = {
      id: `a${String(index)}`,
      parentId: id,
      role: "assistant",
      parts: [{ type: "text", text: `answer ${String(index)}` }],
      metadata: { status: "complete", modelId: "x/y", node: "a", createdAt, finishedAt: createdAt },
    };
    return index === questions.length - 1 ? [question] : [question, answer];
  });
}

/** The messages' content, without Bedrock's cache checkpoints. */
async function contentFor(messages: Message[], env: Record<string, string> = {}) {
  const { error } = await collectAnswer(modelsOf(env), { messages, attachment });
  expect(error).toBeUndefined();
  return (await endpoint.request(0)).body.messages.map(({ content }) =>
    content.filter((block) => !block.cachePoint),
  );
}

const documents = (count: number, name: string) =>
  Array.from({ length: count }, () => partOf(PDF, "application/pdf", name));

const PEOPLE = 'Attached file "people.csv":\n\n```csv\nname,age\nAda,36\n```';

describe("a request to Bedrock", () => {
  test("has images and PDF as blocks of bytes, before the text, which begins with that of text files", async () => {
    const [content] = await contentFor(
      branch({
        text: "What is this?",
        files: [
          partOf(PNG, "image/png", "dot.png"),
          partOf(PDF, "application/pdf", "plan.pdf"),
          partOf(CSV, "text/csv", "people.csv"),
        ],
      }),
    );
    const bytes = (file: Buffer) => ({ bytes: file.toString("base64") });
    expect(content).toEqual([
      { image: { format: "png", source: bytes(PNG) } },
      { document: { format: "pdf", name: "plan", source: bytes(PDF) } },
      { text: `${PEOPLE}\n\nWhat is this?` },
    ]);
  });

  test("has a text even where the person wrote none, as Bedrock requires with documents", async () => {
    const [content] = await contentFor(branch({ files: [partOf(PDF, "application/pdf", "plan.pdf")] }));
    expect(content?.at(-1)?.text).toMatch(/\S/);
    expect(content).toHaveLength(2);
  });

  test("has unique document names with allowed characters, across the whole conversation", async () => {
    const contents = await contentFor(
      branch(
        { text: "One", files: [partOf(PDF, "application/pdf", "report.pdf")] },
        {
          text: "Two",
          files: [partOf(PDF, "application/pdf", "REPORT.PDF"), partOf(PDF, "application/pdf", "計画.pdf")],
        },
      ),
    );
    const names = contents.flat().flatMap(({ document }) => document?.name ?? []);
    expect(names).toEqual(["report", "REPORT-2", "document"]);
  });

  test("has the newest five documents, and sentences for the others", async () => {
    const contents = await contentFor(
      branch(
        { text: "Old", files: documents(3, "old.pdf") },
        { text: "New", files: documents(4, "new.pdf") },
      ),
    );
    expect(contents[0]?.filter(({ document }) => document)).toHaveLength(1);
    expect(contents[0]?.at(-1)?.text).toMatch(/^\[.*"old\.pdf".*too many.*\]\n\n\[.*"old\.pdf".*\]\n\nOld$/);
    expect(contents[2]?.filter(({ document }) => document)).toHaveLength(4);
    expect(asked).toHaveLength(5);
  });

  test("has no more bytes of files than a request allows", async () => {
    const large = Buffer.alloc(3_700_000, "x");
    stored.set(sha256(large), large);
    const [content] = await contentFor(
      branch({
        text: "Look",
        files: Array.from({ length: 6 }, () => partOf(large, "image/png", "large.png")),
      }),
    );
    expect(content?.filter(({ image }) => image)).toHaveLength(4);
    expect(content?.at(-1)?.text?.match(/large\.png/g)).toHaveLength(2);
  });

  test("has a sentence for a lost file instead of failing", async () => {
    const [content] = await contentFor(
      branch({ text: "Hi", files: [partOf(Buffer.from("gone"), "text/plain", "gone.txt")] }),
    );
    expect(content).toEqual([{ text: expect.stringMatching(/"gone\.txt".*lost.*\n\nHi$/s) as string }]);
  });

  test("has the text of files for a model that takes no files", async () => {
    const [content] = await contentFor(
      branch({ text: "Who?", files: [partOf(CSV, "text/csv", "people.csv")] }),
      {
        DEFAULT_MODEL: "bedrock/us.amazon.nova-micro-v1:0",
      },
    );
    expect(content).toEqual([{ text: `${PEOPLE}\n\nWho?` }]);
  });

  test("has the beginning of a text file that does not fit into the model's window, and reports the cut", async () => {
    const long = Buffer.from("word ".repeat(20_000));
    stored.set(sha256(long), long);
    const window = { id: "bedrock/amazon.nova-micro-v1:0", contextTokens: 4_000, maxOutputTokens: 500 };
    const omissions: unknown[] = [];
    const files = [partOf(CSV, "text/csv", "left-out.csv"), partOf(long, "text/plain", "long.txt")];
    await collectAnswer(modelsOf({ MODELS: JSON.stringify([window]) }), {
      messages: branch({ text: "Who?", files }),
      attachment,
      onOmissions: (each) => omissions.push(...each),
    });
    const text = (await endpoint.request(0)).body.messages[0]!.content[0]!.text!;
    expect(text).toMatch(
      /"left-out\.csv".*too many later ones.*"long\.txt":\n\n```txt\nword .*left out.*\n\nWho\?$/s,
    );
    expect(estimateTokens(text)).toBeGreaterThan(3_000);
    expect(estimateTokens(text)).toBeLessThan(3_500);
    expect(omissions).toEqual([
      { code: "file_too_many", subject: "left-out.csv" },
      { code: "file_shortened", subject: "long.txt" },
    ]);
  });

  test("has sentences for files that the model does not accept, and none is read", async () => {
    const contents = await contentFor(
      branch({ text: "Look", files: [partOf(PNG, "image/png", "dot.png")] }, { text: "And now?" }),
      { DEFAULT_MODEL: "bedrock/us.amazon.nova-micro-v1:0" },
    );
    expect(contents.flat().map((block) => Object.keys(block)[0])).toEqual(["text", "text", "text"]);
    expect(contents[0]?.[0]?.text).toContain('image "dot.png"');
    expect(asked).toEqual([]);
  });
});

test("a request to an OpenAI-compatible server has images and PDF, and text files as text", async () => {
  let body = "";
  const server = createServer((request, response) => {
    request.setEncoding("utf8").on("data", (piece: string) => (body += piece));
    request.on("end", () => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(
        `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "Hi" }, finish_reason: "stop" }] })}\n\ndata: [DONE]\n\n`,
      );
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const models = modelsOf({
      MODEL_PROVIDER: "openai-compatible",
      OPENAI_COMPATIBLE_BASE_URL: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/v1`,
      MODELS: JSON.stringify([{ id: "openai-compatible/seer", accepts: ["image", "document"] }]),
    });
    const files = [
      partOf(PNG, "image/png", "dot.png"),
      partOf(PDF, "application/pdf", "plan.pdf"),
      partOf(CSV, "text/csv", "people.csv"),
    ];
    const { error } = await collectAnswer(models, { messages: branch({ text: "Look", files }), attachment });
    expect(error).toBeUndefined();
  } finally {
    server.close();
  }
  const { messages } = JSON.parse(body) as { messages: { content: unknown }[] };
  expect(messages[0]?.content).toEqual([
    { type: "image_url", image_url: { url: `data:image/png;base64,${PNG.toString("base64")}` } },
    {
      type: "file",
      file: { filename: "plan.pdf", file_data: `data:application/pdf;base64,${PDF.toString("base64")}` },
    },
    { type: "text", text: `${PEOPLE}\n\nLook` },
  ]);
});

test("the demo model lists the attached files", async () => {
  const files = [partOf(PNG, "image/png", "a|b.png"), partOf(PDF, "application/pdf", "plan.pdf")];
  const { text } = await collectAnswer(
    modelsOf({ MODEL_PROVIDER: "demo", DEMO_TOKENS_PER_SECOND: "100000" }),
    {
      messages: branch({ text: "See?", files }),
      attachment,
    },
  );
  expect(text).toContain(`| a\\|b.png | image/png | ${String(PNG.length)} bytes |`);
  expect(text).toContain(`| plan.pdf | application/pdf | ${String(PDF.length)} bytes |`);
  expect(text).toContain("> See?");
});
