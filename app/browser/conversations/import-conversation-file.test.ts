import { expect, test } from "vitest";
import type { ApiClient } from "~/browser/chat/api-client";
import { ApiError } from "~/browser/chat/api-error";
import { pageClock } from "~/browser/page/page-clock";
import { importConversationFile } from "./import-conversation-file";

const ID = "aaaaaaaaaaaaaaaaaaaaaa";
const whole = JSON.stringify({ format: "holdfast-conversation", version: 1, title: " Tea " });

function importing(text: string, fails?: ApiError["code"]) {
  const sent: string[] = [];
  const remembered: { id: string; title: string; saved: boolean }[] = [];
  const api = {
    session: () => ({
      import(file: string) {
        sent.push(file);
        return fails ? Promise.reject(new ApiError(fails, "No.", 400)) : Promise.resolve({ rev: 1 });
      },
    }),
  } as unknown as ApiClient;
  const conversations = { remember: (...entries: typeof remembered) => void remembered.push(...entries) };
  return {
    sent,
    remembered,
    done: importConversationFile({ api, conversations, newId: () => ID, clock: pageClock }, text),
  };
}

test("an imported file becomes a conversation of this browser", async () => {
  const { done, sent, remembered } = importing(whole);
  expect(await done).toBe(ID);
  expect(sent).toEqual([whole]);
  expect(remembered).toEqual([expect.objectContaining({ id: ID, title: "Tea", saved: true })]);
});

test.each([
  ["{", "importNotOurs"],
  ["null", "importNotOurs"],
  ['{"format":"openai"}', "importNotOurs"],
  ['{"format":"holdfast-conversation","version":2}', "importNewer"],
])("%s is not sent to the server", async (text, code) => {
  const { done, sent, remembered } = importing(text);
  await expect(done).rejects.toMatchObject({ code });
  expect([...sent, ...remembered]).toEqual([]);
});

test.each([
  ["bad_request", { code: "importDamaged" }],
  ["file_newer_format", { code: "importNewer" }],
  ["body_too_large", { code: "importTooLarge" }],
  ["session_full", { code: "importTooLarge" }],
  ["unreachable", { code: "unreachable" }],
] as const)("when the server answers %s, nothing is remembered", async (code, error) => {
  const { done, remembered } = importing(whole, code);
  await expect(done).rejects.toMatchObject(error);
  expect(remembered).toEqual([]);
});
