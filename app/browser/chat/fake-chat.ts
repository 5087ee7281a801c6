import { expect, vi } from "vitest";
import type { AttachmentView } from "~/conversation/files/attachment";
import type { MessageAccepted, PostMessageBody, SessionView } from "~/conversation/api";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import { plainText } from "~/conversation/reply/reply-text";
import type { AssistantMessage, Message, Reply } from "~/conversation/session/session";
import type { LoadedSession, SessionApi } from "./session-api";
import { createAttachmentDraft } from "~/browser/drafts/attachment-draft";
import { ApiError } from "./api-error";
import { createChatSession } from "./chat-session";
import { shownMessages, type ChatState } from "./chat-state";
import { createDraft } from "~/browser/drafts/draft";
import { createUnfinishedEdits } from "~/browser/drafts/unfinished-edits";
import { createUnsavedSettings } from "./sending/unsaved-settings";
import { createSafeStorage } from "~/browser/storage/safe-storage";
import { fakeStorage } from "~/browser/storage/fake-storage";
import { createLastSeen } from "~/browser/storage/last-seen";
import { pageClock } from "~/browser/page/page-clock";
import { createOutbox } from "~/browser/drafts/outbox";
import { prepareFile } from "~/browser/drafts/prepare-file";
import { loadParser } from "./following/event-stream";

// Loaded with the first stream otherwise, for which fake timers do not wait.
await loadParser();

/** A server and a tab for tests of the chat session, under fake timers. */
const NOW = "2026-01-01T00:00:00.000Z";

export const user = (id: string, text: string, parentId: string | null = null): Message => ({
  id,
  parentId,
  role: "user",
  parts: [{ type: "text", text }],
  metadata: { createdAt: NOW },
});

export const assistant = (
  id: string,
  text: string,
  parentId: string,
  status: AssistantMessage["metadata"]["status"] = "complete",
): AssistantMessage => ({
  id,
  parentId,
  role: "assistant",
  parts: [{ type: "text", text }],
  metadata: { status, modelId: "demo", node: "n", createdAt: NOW, finishedAt: NOW },
});

export const reply = (
  id: string,
  messageId: string,
  parentId: string,
  continues: string | null = null,
): Reply => ({
  id,
  messageId,
  parentId,
  continues,
  epoch: 1,
  node: "n.1",
  modelId: "demo",
  startedAt: NOW,
  stopRequested: false,
});

/** The server's answer to an upload, with an id made of the name. */
export function fakeFile(filename: string, size: number): AttachmentView {
  const id = [...filename].map((letter) => (letter.codePointAt(0)! % 16).toString(16)).join("");
  return { id: id.padEnd(64, "0").slice(0, 64), mediaType: "text/plain", filename, size };
}

export const delta = (text: string): ReplyChunk => ({ type: "text-delta", id: "0", delta: text });

const EMPTY_SESSION: SessionView = {
  rev: 0,
  createdAt: NOW,
  updatedAt: NOW,
  title: "Tea",
  settings: { modelId: "demo", instructions: "" },
  messages: [],
  head: null,
  reply: null,
  recovered: null,
};

/** A server with one session, whose answers and streams the test decides. */
export function fakeServer() {
  const encoder = new TextEncoder();
  const streams: { cursor: string | null; controller: ReadableStreamDefaultController<Uint8Array> }[] = [];
  const posts: PostMessageBody[] = [];
  const server = {
    session: null as SessionView | null,
    isDown: false,
    /** If set, the answer to every request. */
    failure: null as ApiError | null,
    streams,
    posts,
    loads: 0,
    /** The names of the files dropped from the browser's cache. */
    forgotten: [] as string[],
    upload: async (filename: string, blob: Blob): Promise<AttachmentView> => fakeFile(filename, blob.size),
    stops: 0,
    queueChanges: [] as object[],
    /** Awaited before each change of the queue is answered. */
    queueGate: Promise.resolve(),
    /** The answer to posts. */
    post: (_body: PostMessageBody): MessageAccepted => ({ rev: 1, replyId: "r1" }),
    commit(change: Partial<SessionView>) {
      const before = server.session ?? EMPTY_SESSION;
      server.session = { ...before, ...change, rev: before.rev + 1 };
    },
    send(text: string) {
      streams.at(-1)!.controller.enqueue(encoder.encode(text));
      return vi.advanceTimersByTimeAsync(0);
    },
    sendSession: () =>
      server.send(`event: session\ndata: ${JSON.stringify({ rev: server.session!.rev })}\n\n`),
    sendChunk: (id: string, chunk: ReplyChunk) =>
      server.send(`id: ${id}\ndata: ${JSON.stringify(chunk)}\n\n`),
    sendDone: () => server.send("data: [DONE]\n\n"),
    cut() {
      streams.at(-1)!.controller.error(new TypeError("network error"));
      return vi.advanceTimersByTimeAsync(0);
    },
  };
  const reach = () => {
    if (server.failure) throw server.failure;
    if (server.isDown) throw new ApiError("unreachable", "The server cannot be reached.", 0);
  };
  const api: SessionApi = {
    async load(etag) {
      reach();
      server.loads++;
      return loaded(server.session, etag);
    },
    async watch(cursor, signal) {
      reach();
      if (!server.session) return null;
      return new Response(
        new ReadableStream({
          start(controller) {
            streams.push({ cursor, controller });
            signal.addEventListener("abort", () => controller.error(signal.reason));
          },
        }),
      );
    },
    async post(body) {
      posts.push(body);
      reach();
      return server.post(body);
    },
    patch: async () => reach(),
    decide: async () => reach(),
    ...fakeQueue(server, reach),
    async stop() {
      reach();
      server.stops++;
    },
    async remove() {
      reach();
      server.session = null;
    },
    async upload({ filename, blob }) {
      reach();
      return server.upload(filename, blob);
    },
    async download() {
      reach();
      return new Blob();
    },
    async forgetFiles(parts) {
      server.forgotten.push(...parts.map((part) => part.filename));
    },
  };
  return { server, api };
}

type ReadLate = ReturnType<typeof fakeServer> & { ask?: () => Promise<unknown> };

/** Has the tab read the session as it is now, by `ask` or by an event. @returns lets that answer arrive */
export async function readLate({ server, api, ask = server.sendSession }: ReadLate) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { load } = api;
  api.load = async (...args) => {
    api.load = load;
    const old = await load(...args);
    await promise;
    return old;
  };
  server.commit({});
  await ask();
  return () => {
    resolve();
    return vi.advanceTimersByTimeAsync(0);
  };
}

function loaded(session: SessionView | null, etag: string | null): LoadedSession {
  if (!session) return { kind: "absent" };
  const now = String(session.rev);
  if (etag === now) return { kind: "unchanged" };
  return { kind: "session", session: structuredClone(session), etag: now };
}

function fakeQueue(
  server: { queueChanges: object[]; queueGate: Promise<void> },
  reach: () => void,
): Pick<SessionApi, "editQueued" | "removeQueued" | "resumeQueue"> {
  const note = async (change: object) => {
    server.queueChanges.push(change);
    await server.queueGate;
    reach();
  };
  return {
    editQueued: (id, edit) => note({ id, ...edit }),
    removeQueued: (id) => note({ id, removed: true }),
    resumeQueue: () => note({ resumed: true }),
  };
}

export function openTab(
  api: SessionApi,
  { storage = new Map<string, string>(), isSaved = true, isStarted = true } = {},
) {
  const values = createSafeStorage(
    () =>
      ({
        getItem: (key: string) => storage.get(key) ?? null,
        setItem: (key: string, value: string) => void storage.set(key, value),
        removeItem: (key: string) => void storage.delete(key),
      }) as Storage,
  );
  let lastId = 0;
  const files = createAttachmentDraft({
    api,
    storage: values,
    onOtherTab: () => undefined,
    conversationId: "c",
    newId: () => `f${String((lastId += 1))}`,
    clock: pageClock,
    random: () => 0.5,
    prepare: (file) => prepareFile(file, { maxBytes: 1_000 }),
  });
  const outbox = createOutbox(values, "c");
  const lastSeen = createLastSeen(values, "c");
  const draft = createDraft({
    shared: values,
    tab: createSafeStorage(fakeStorage),
    conversationId: "c",
    onOtherTab: () => undefined,
    clock: pageClock,
  });
  const page = { visible: true, listeners: new Set<() => void>() };
  let saved = isSaved;
  const chat = createChatSession({
    defaultSettings: () => ({}),
    api,
    outbox,
    lastSeen,
    edits: createUnfinishedEdits(values, "c", draft.putAside),
    unsavedSettings: createUnsavedSettings(values, "c"),
    draft,
    files,
    page: {
      isVisible: () => page.visible,
      isOnline: () => true,
      subscribe(listener) {
        page.listeners.add(listener);
        return () => page.listeners.delete(listener);
      },
    },
    clock: pageClock,
    random: () => 0.5,
    isTemporary: false,
    isSaved: () => saved,
    onSaved: () => (saved = true),
    onSending: () => undefined,
  });
  /** Each state that could have been drawn. */
  const seen: ChatState[] = [];
  chat.subscribe(() => seen.push(chat.getSnapshot()));
  const stop = isStarted ? chat.start() : () => undefined;
  return {
    chat,
    outbox,
    draft,
    files,
    storage,
    seen,
    stop,
    setVisible(visible: boolean) {
      page.visible = visible;
      for (const listener of page.listeners) listener();
      return vi.advanceTimersByTimeAsync(0);
    },
  };
}

/** The conversation as a person reads it. */
export function read(state: ChatState): string[] {
  return shownMessages(state).map((shown) => {
    if (shown.kind === "pending") return `${shown.message.text} (${shown.message.state})`;
    if (shown.kind === "live") return `${plainText(shown.reply.shown.parts)}▌`;
    return plainText(shown.message.parts);
  });
}

/** Asserts that no text that was once in view got shorter or went away. */
export function expectNothingShrank(seen: ChatState[]) {
  let longest = 0;
  for (const state of seen) {
    const last = shownMessages(state).at(-1);
    const length =
      last?.kind === "live" ? plainText(last.reply.shown.parts).length : read(state).at(-1)!.length;
    expect(length).toBeGreaterThanOrEqual(longest);
    longest = length;
  }
}

export const settle = () => vi.advanceTimersByTimeAsync(0);

/** A tab in which a reply has said "Hello" and goes on. */
export async function tabInMidReply() {
  const { server, api } = fakeServer();
  server.commit({ messages: [user("u1", "Hi")], head: "u1", reply: reply("r1", "a1", "u1") });
  const tab = openTab(api);
  await settle();
  await server.sendChunk("r1.1.1", { type: "start", messageId: "a1" });
  await server.sendChunk("r1.1.2", delta("Hello"));
  return { server, api, ...tab };
}
