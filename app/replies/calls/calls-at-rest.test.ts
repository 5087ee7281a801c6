import { expect, it, vi } from "vitest";
import { toolParts } from "~/conversation/calls/fold-calls";
import { partialParts } from "~/conversation/calls/decide-call";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import type { Part } from "~/conversation/session/session";
import { createEncryptionKeys } from "~/store/encryption/encryption-keys";
import { send, testNodes } from "../../../tests/fixtures/replies/reply-nodes";
import { createScriptedTools } from "../../../tests/fixtures/models/scripted-tools";
import { filesIn } from "../../../tests/fixtures/store/stored-files";

const { node } = testNodes();

const ARGUMENT = "quokka-argument";
const EDITED = "numbat-argument";
const RESULT = "wombat-result";
const ERROR = "bilby-error";

it("no argument and no result of a tool is in clear on disk with encryption, at any time", async () => {
  const tools = createScriptedTools();
  const keys = createEncryptionKeys();
  const one = await node({ tools, keys });
  const sessionId = newId();
  const key = hashSessionId(sessionId);
  const seen = () => {
    const all = filesIn(one.dataDir);
    expect(all.length).toBeGreaterThan(0);
    const text = Buffer.concat(all.flatMap(({ path, bytes }) => [Buffer.from(path), bytes])).toString(
      "latin1",
    );
    return [ARGUMENT, EDITED, RESULT, ERROR].filter((secret) => text.includes(secret));
  };
  await keys.during(sessionId, async () => {
    const read = async () => (await one.store.read(key))!.session;
    await one.replies.start(key, send("Do it"));
    for (const toolName of ["files_read", "files_log", "files_write"]) {
      one.model.say({
        ...{ type: "tool-input-available", toolCallId: toolName, toolName, dynamic: true },
        input: { text: ARGUMENT },
      } as const);
    }
    one.model.say({ type: "finish", finishReason: "tool-calls" });
    await tools.call(1);
    expect(seen()).toEqual([]);
    const [read1, log] = ["files_read", "files_log"].map((name) =>
      tools.calls.find(({ tool }) => tool === name)!,
    );
    read1!.answer(RESULT);
    log!.fail(new Error(ERROR));
    const waiting = await vi.waitUntil(async () => {
      const session = await read();
      return session.reply?.state === "waiting" && session;
    });
    const parts = toolParts(partialParts(waiting));
    expect(parts.map(({ state }) => state)).toEqual([
      "output-available",
      "outcome-unknown",
      "approval-requested",
    ]);
    expect(seen()).toEqual([]);
    const decide = (toolCallId: string, decision: object) =>
      one.replies.decide(key, { toolCallId, ...decision } as Parameters<typeof one.replies.decide>[1]);
    await decide(parts[1]!.toolCallId, { decision: "happened", text: RESULT });
    await decide(parts[2]!.toolCallId, { decision: "approve", input: { text: EDITED } });
    const write = await tools.call(2);
    expect(write.input).toEqual({ text: EDITED });
    expect(seen()).toEqual([]);
    write.answer(RESULT);
    await one.model.request(1);
    expect(seen()).toEqual([]);
    one.model.text("Done.");
    one.model.finish();
    const settled = await vi.waitUntil(async () => {
      const session = await read();
      return session.reply === null && session;
    });
    expect(seen()).toEqual([]);
    expect(JSON.stringify(settled.messages.at(-1)!.parts as Part[])).toContain(EDITED);
  });
});
