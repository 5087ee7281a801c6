import { strToU8, zipSync } from "fflate";
import { expect, test, vi } from "vitest";
import { createFakeTime } from "../../../tests/fixtures/fake-time";
import { ApiError } from "~/browser/chat/api-error";
import { assistant, user } from "~/browser/chat/fake-chat";
import {
  entryKey,
  type Conversation,
  type ConversationUpdate,
} from "~/browser/conversations/conversation-list";
import type { SessionView } from "~/conversation/api";
import { exportArchive } from "./export-archive";
import { importConversations, type ImportProgress } from "./import-conversations";
import { readExport } from "./read-export";

const id = (letter: string) => letter.repeat(22);
const conversation = (letter: string, more: Partial<Conversation> = {}): Conversation => ({
  ...{ id: id(letter), name: letter, title: `About ${letter}`, updatedAt: "2026-01-02T00:00:00.000Z" },
  ...{ saved: true, pinned: false, archived: false, folder: null },
  ...more,
});
const session = (letter: string) =>
  ({
    title: `About ${letter}`,
    settings: { modelId: "demo", instructions: "" },
    messages: [user("q", `Question ${letter}`), assistant("a", "Answer", "q")],
    head: "a",
    createdAt: "2026-01-01T00:00:00.000Z",
  }) as unknown as SessionView;

/** A browser and a server that takes imports. `refuse`: the error of the next requests, in order. */
function rig(refuse: (ApiError | null)[] = []) {
  const time = createFakeTime();
  const remembered: ConversationUpdate[] = [];
  const sent: string[] = [];
  const folders: { key: string; title: string }[] = [];
  const progress: ImportProgress[] = [];
  let ids = 0;
  const conversations = {
    remember: (...updates: ConversationUpdate[]) => void remembered.push(...updates),
    sources: () => new Set(remembered.flatMap(({ source }) => source ?? [])),
    has: () => false,
    getSnapshot: () => ({ folders }) as never,
    addFolder(title: string) {
      folders.push({ key: `folder ${title}`, title });
      return `folder ${title}`;
    },
  };
  const run = (files: File[], signal = new AbortController().signal) =>
    importConversations(files, {
      api: {
        session: () =>
          ({
            import(text: string) {
              const error = refuse.shift();
              if (error) return Promise.reject(error);
              sent.push(text);
              return Promise.resolve({ rev: 1 });
            },
          }) as never,
      },
      ...{ read: readExport, conversations, signal, clock: { now: time.now, after: time.timer } },
      newId: () => String(++ids).padEnd(22, "-"),
      random: () => 0,
      onProgress: (made) => void progress.push(made),
    });
  return { time, progress, remembered, sent, conversations, run };
}

async function archiveOf(...conversations: Conversation[]): Promise<File> {
  const { archive } = await exportArchive(conversations, {
    api: (wanted) => ({
      load: () =>
        wanted === id("x")
          ? Promise.reject(new ApiError("internal_error", "No.", 500))
          : Promise.resolve({ kind: "session", session: session(wanted[0]!), etag: null }),
    }),
    folders: [{ key: "f", title: "Drinks" }],
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  return new File([archive], "holdfast.zip");
}

test("an export of all conversations is imported with pins, folders, the archive and dates, and only once", async () => {
  const archive = await archiveOf(
    conversation("a", { pinned: true, folder: "f" }),
    conversation("b", { archived: true, title: 'b/\\"' }),
  );
  const { run, remembered, sent } = rig();
  expect(await run([archive])).toMatchObject({ known: 0, failed: [] });
  expect(remembered).toMatchObject([
    { title: "About a", pinned: true, folder: "folder Drinks", updatedAt: "2026-01-02T00:00:00.000Z" },
    { title: "About b", archived: true },
  ]);
  expect(JSON.parse(sent[0]!)).toMatchObject({ title: "About a", head: "a" });
  expect(await run([archive])).toMatchObject({ importedIds: [], known: 2 });
});

test("the browser that made an export has its conversations already", async () => {
  const { run, conversations } = rig();
  conversations.has = ((key: string) => key === entryKey(id("a"))) as never;
  expect(await run([await archiveOf(conversation("a"))])).toMatchObject({ importedIds: [], known: 1 });
});

test("a conversation that cannot be read is named, and the others are in the export", async () => {
  const made = await exportArchive([conversation("x"), conversation("b")], {
    api: (wanted) => ({
      load: () =>
        wanted === id("x")
          ? Promise.reject(new ApiError("internal_error", "No.", 500))
          : Promise.resolve({ kind: "session", session: session("b"), etag: null }),
    }),
    folders: [],
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  expect(made).toMatchObject({ exported: 1, failed: ["About x"] });
  const { run } = rig();
  expect((await run([new File([made.archive], "holdfast.zip")])).importedIds).toHaveLength(1);
});

const claude = JSON.stringify([
  { uuid: "1", name: "One", chat_messages: [{ uuid: "m", sender: "human", text: "Hi" }] },
  { uuid: "2", name: "Two", chat_messages: [{ uuid: "m", sender: "human", text: "Ho" }] },
]);

test.each([
  ["JSON", new File([claude], "conversations.json")],
  [
    "a zip file",
    new File([zipSync({ "conversations.json": strToU8(claude), "users.json": strToU8("[]") })], "data.zip"),
  ],
])("an export of another service is imported from %s", async (_, file) => {
  const { run, remembered } = rig();
  await run([file]);
  expect(remembered.map(({ title }) => title)).toEqual(["One", "Two"]);
});

test("damaged conversations are named, by their number without a title, and the others are imported", async () => {
  const chat = (uuid: string) =>
    JSON.stringify({ uuid, name: uuid, chat_messages: [{ uuid: "m", sender: "human", text: "Hi" }] });
  const file = new File(
    [`[${chat("First")},{"name": "Broken", "chat_messages": [},7,null,{"title":"Odd"},${chat("Last")}`],
    "conversations.json",
  );
  const { run, remembered, progress } = rig();
  const { failed } = await run([file]);
  expect(remembered.map(({ title }) => title)).toEqual(["First", "Last"]);
  expect(failed).toMatchObject([
    { name: "Broken", number: null, error: { code: "importDamaged" } },
    { name: "", number: 3, error: { code: "importNotOurs" } },
    { name: "", number: 4 },
    { name: "Odd", number: null },
  ]);
  expect(progress.at(-1)).toMatchObject({ done: 6, total: 6 });
});

test("conversations without an id are told apart", async () => {
  const chats = ["One", "Two"].map((name) => ({
    name,
    chat_messages: [{ sender: "human", text: name, created_at: "2026-01-01T00:00:00Z" }],
  }));
  const { run } = rig();
  const file = new File([JSON.stringify(chats)], "conversations.json");
  expect((await run([file])).importedIds).toHaveLength(2);
  expect((await run([file])).known).toBe(2);
});

test("a limit of the server is waited for, and another failure is named and ends nothing", async () => {
  const limit = new ApiError("rate_limited" as never, "Too many.", 429, { retryAt: 60_000 });
  const { run, time, progress, remembered } = rig([limit, null, new ApiError("bad_request", "No.", 400)]);
  const result = run([new File([claude], "conversations.json")]);
  await vi.waitFor(() => expect(progress.at(-1)).toMatchObject({ done: 0, total: 2, waitsUntil: 60_000 }));
  await time.advance(59_000);
  expect(remembered).toHaveLength(0);
  await time.advance(2_000);
  expect((await result).failed).toMatchObject([{ name: "Two", error: { code: "importDamaged" } }]);
  expect(remembered.map(({ title }) => title)).toEqual(["One"]);
});

test("a cancelled import keeps what it has done, and a repeated one goes on from there", async () => {
  const cancelled = new AbortController();
  const { run, conversations, remembered } = rig();
  const { remember } = conversations;
  conversations.remember = (...updates) => {
    remember(...updates);
    cancelled.abort();
  };
  const file = new File([claude], "conversations.json");
  expect((await run([file], cancelled.signal)).importedIds).toHaveLength(1);
  expect(await run([file])).toMatchObject({ known: 1 });
  expect(remembered).toHaveLength(2);
});

test.each<[string, BlobPart, string]>([
  ["no JSON", "{", "importNotOurs"],
  ["something else", "[{}]", "importNotOurs"],
  ["a newer version", '{"format":"holdfast-conversation","version":2}', "importNewer"],
  ["a damaged zip file", "PK and nothing else", "importNotOurs"],
  ["a zip file without conversations", zipSync({ "a.txt": strToU8("a") }), "importNotOurs"],
])("a file with %s is refused with the reason", async (_, content, code) => {
  const { failed } = await rig().run([new File([content], "file")]);
  expect(failed).toMatchObject([{ name: "file", error: { code } }]);
});
