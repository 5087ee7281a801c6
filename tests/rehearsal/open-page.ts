import { createApiClient } from "~/browser/chat/api-client";
import { createAttachmentDraft } from "~/browser/drafts/attachment-draft";
import { createChatSession } from "~/browser/chat/chat-session";
import { shownMessages, type ChatState } from "~/browser/chat/chat-state";
import { createDraft } from "~/browser/drafts/draft";
import { createUnfinishedEdits } from "~/browser/drafts/unfinished-edits";
import { createUnsavedSettings } from "~/browser/chat/sending/unsaved-settings";
import { createSafeStorage } from "~/browser/storage/safe-storage";
import { createLastSeen } from "~/browser/storage/last-seen";
import { pageClock } from "~/browser/page/page-clock";
import { createOutbox } from "~/browser/drafts/outbox";
import { newId } from "~/conversation/session/session-id";
import { plainText } from "~/conversation/reply/reply-text";
import { answerOf } from "../fixtures/models/bedrock-answer.ts";
import { readSession } from "../fixtures/session-api.ts";

/** One person with the page open: its own code, over HTTP, without a browser. */
export type OpenPage = {
  /** What was seen that must never be seen. */
  readonly complaints: readonly string[];
  /** The nodes that have answered it. */
  readonly nodes: ReadonlySet<string>;
  /** How often its connection was gone for so long that the page said so. */
  readonly mentions: number;
  /** Sends and reads the answer to its end. */
  ask(text: string): Promise<void>;
  /** Resolves when so much of the answer can be read. */
  hasRead(letters: number): Promise<void>;
  /** Holds all that was sent and seen against what the server has kept. */
  compare(): Promise<void>;
  close(): void;
};

/** @param patienceMs how long one waits for an answer: longer than all that happens meanwhile */
export function openPage(serverUrl: string, patienceMs: number): OpenPage {
  const id = newId();
  const complaints: string[] = [];
  const nodes = new Set<string>();
  const sent: string[] = [];
  /** What it has asked, for complaints. */
  const journey: string[] = [];
  let mentions = 0;

  const reach: typeof fetch = async (path, init) => {
    const began = Date.now();
    const response = await fetch(`${serverUrl}${String(path)}`, init);
    journey.push(
      `${began} ${init?.method ?? "GET"} ${String(path)} ${response.status} by ${response.headers.get("X-Node")}`,
    );
    if (response.status >= 500)
      report(`${init?.method ?? "GET"} ${String(path)} was answered ${response.status}`);
    return response;
  };
  const noFiles = () => Promise.reject(new Error("Nobody attaches anything here."));
  const api = createApiClient({
    fetch: reach,
    clock: pageClock,
    upload: noFiles,
    onNode: (name) => nodes.add(name),
    onCodeNeeded: () => report("it was asked for an access code"),
  }).session(id);
  const kept = new Map<string, string>();
  const values = createSafeStorage(
    () =>
      ({
        getItem: (key: string) => kept.get(key) ?? null,
        setItem: (key: string, value: string) => void kept.set(key, value),
        removeItem: (key: string) => void kept.delete(key),
      }) as Storage,
  );
  const onOtherTab = () => undefined;
  let isSaved = false;
  const chat = createChatSession({
    defaultSettings: () => ({}),
    api,
    outbox: createOutbox(values, id),
    lastSeen: createLastSeen(values, id),
    draft: createDraft({ shared: values, tab: values, conversationId: id, onOtherTab, clock: pageClock }),
    edits: createUnfinishedEdits(values, id, () => undefined),
    unsavedSettings: createUnsavedSettings(values, id),
    files: createAttachmentDraft({
      api,
      storage: values,
      onOtherTab,
      conversationId: id,
      newId,
      clock: pageClock,
      random: Math.random,
      prepare: noFiles,
    }),
    page: { isVisible: () => true, isOnline: () => true, subscribe: () => () => undefined },
    clock: pageClock,
    random: Math.random,
    isTemporary: false,
    isSaved: () => isSaved,
    onSaved: () => (isSaved = true),
    onSending: () => undefined,
  });

  function report(what: string) {
    complaints.push(`conversation ${id.slice(0, 4)}: ${what}`);
  }

  /** The text of the newest answer, and how much of it was ever in view. */
  let longest = 0;
  let connection: ChatState["connection"] = "ok";
  function checkState() {
    const state = chat.getSnapshot();
    if (state.problem) report(`the page said: ${state.problem.error.code}`);
    if (state.pending?.state === "failed") report(`a message failed: ${state.pending.error?.code}`);
    if (state.connection === "reconnecting" && connection === "ok") mentions += 1;
    connection = state.connection;
    const question = sent.at(-1);
    const text = newestAnswer(state, sent.length);
    if (question === undefined || text === null) {
      if (longest > 0) report(`${longest} letters vanished`);
      return;
    }
    const whole = wholeAnswer(question);
    if (!whole.startsWith(text)) {
      let at = 0;
      while (text[at] === whole[at]) at++;
      report(`at letter ${at} it read ${JSON.stringify(text.slice(at - 20, at + 40))}`);
    }
    if (text.length < longest) report(`${longest} letters became ${text.length}`);
    longest = Math.max(longest, text.length);
  }
  const unsubscribe = chat.subscribe(checkState);
  const close = chat.start();

  function until(isSo: (state: ChatState) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = chat.subscribe(check);
      const late = setTimeout(() => {
        done();
        const { session, ...rest } = chat.getSnapshot();
        const state = JSON.stringify({ ...rest, reply: session?.reply });
        reject(new Error(`Nothing came of it: ${state}\n${journey.slice(-12).join("\n")}`));
      }, patienceMs);
      function check() {
        if (!isSo(chat.getSnapshot())) return;
        clearTimeout(late);
        done();
        resolve();
      }
      check();
    });
  }

  return {
    complaints,
    nodes,
    get mentions() {
      return mentions;
    },
    async ask(text) {
      longest = 0;
      sent.push(text);
      if (!chat.send(text, null)) report("the page would not send");
      await until(
        ({ pending, live, session }) =>
          !pending && !live && session?.messages.length === sent.length * 2 && session.reply === null,
      );
    },
    hasRead: (letters) => until(() => longest >= letters),
    async compare() {
      const session = await readSession(serverUrl, id);
      const messages = session?.messages ?? [];
      const questions = messages.filter(({ role }) => role === "user").map(({ parts }) => plainText(parts));
      if (JSON.stringify(questions) !== JSON.stringify(sent)) {
        report(`sent ${sent.length} messages, kept ${questions.length}, or in another order`);
      }
      for (const [index, question] of sent.entries()) {
        const answer = messages[index * 2 + 1];
        if (answer?.role !== "assistant") report(`question ${index + 1} has no answer`);
        else if (answer.metadata.status !== "complete")
          report(`answer ${index + 1} is ${answer.metadata.status}`);
        else if (plainText(answer.parts) !== wholeAnswer(question))
          report(`answer ${index + 1} is not what was said`);
      }
    },
    close() {
      unsubscribe();
      close();
    },
  };
}

/** The answer to the question with this number, written or being written; null where there is none in view. */
function newestAnswer(state: ChatState, questions: number): string | null {
  const shown = shownMessages(state)[questions * 2 - 1];
  if (shown?.kind === "live") return plainText(shown.reply.shown.parts);
  if (shown?.kind === "settled") return plainText(shown.message.parts);
  return null;
}

function wholeAnswer(question: string): string {
  return answerOf({ messages: [{ role: "user", content: [{ text: question }] }] });
}
