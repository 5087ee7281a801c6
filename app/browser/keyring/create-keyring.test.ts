import { beforeEach, describe, expect, test, vi } from "vitest";
import { newId } from "~/conversation/session/session-id";
import { createHttpClient } from "~/browser/chat/http-client";
import { createStoredDrafts } from "~/browser/drafts/stored-drafts";
import { createConversationEntries } from "~/browser/conversations/conversation-entries";
import { createEntryStore } from "~/browser/conversations/entry-store";
import { createPresets } from "~/browser/presets/presets";
import { createPreferences } from "~/browser/storage/preferences";
import { createSafeStorage } from "~/browser/storage/safe-storage";
import { fakeStorage } from "~/browser/storage/fake-storage";
import type { PageClock } from "~/browser/page/page-clock";
import { createKeyring } from "./create-keyring";
import { createFakeServer, type FakeServer } from "./fake-keyring";
import { KeyringError } from "./keyring";
import { readConfig } from "./keyring-config";
import { WRAPS_READ_KEY } from "./keep-wraps";
import { RecoveryCodeError } from "./sealing/recovery-code";
import { cipherOf, secretFromText } from "./sealing/secret";
import { PasskeyError } from "./sealing/webauthn.client";

/** A server with any number of keyrings, by HTTP. */
const DAY_MS = 86_400_000;

function createService() {
  const keyrings = new Map<string, FakeServer>();
  const requests: string[] = [];
  /** Ids of the keyrings that were read. */
  const read: string[] = [];
  const sessions = new Map<string, { title: string; updatedAt: string }>();
  /** Methods whose requests do not reach it. */
  const refused = new Set<string>();
  const json = (status: number, body: object) => Response.json(body, { status });
  const missing = (kind: string) =>
    ({
      absent: json(404, { error: { code: "keyring_not_found", message: "None." } }),
      gone: json(410, { error: { code: "keyring_gone", message: "Deleted." } }),
    })[kind];

  async function answer(
    url: string,
    { method = "GET", headers, body, signal }: RequestInit,
  ): Promise<Response> {
    const given = new Headers(headers);
    const id = given.get("X-Keyring-Id")!;
    requests.push(`${method} ${url}`);
    if (method === "GET" && !url.includes("watch")) read.push(id);
    if (!keyrings.has(id)) keyrings.set(id, createFakeServer());
    const server = keyrings.get(id)!;
    if (url.includes("watch")) {
      return new Promise((_, reject) =>
        signal?.addEventListener("abort", () => reject(signal.reason as Error)),
      );
    }
    if (method === "DELETE") {
      if (refused.has("DELETE")) throw new TypeError("offline");
      server.remove();
      return new Response(null, { status: 204 });
    }
    const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");
    if (method === "GET") {
      const read = server.read(url.includes("since=") ? Number(url.split("since=")[1]) : null);
      if (read.kind === "unchanged") return new Response(null, { status: 304 });
      if (read.kind === "whole") return json(200, { rev: read.rev, sealed: text(read.bytes) });
      return read.kind === "appended"
        ? json(200, { rev: read.rev, appended: text(read.bytes) })
        : missing(read.kind)!;
    }
    const { sealed, append, after } = JSON.parse(body as string) as Record<string, string | undefined>;
    const before = Number(given.get("If-Match")!.slice(1, -1));
    const decode = (text: string) => new Uint8Array(Buffer.from(text, "base64url"));
    const written = server.write(before, decode((sealed ?? append)!), after ? decode(after) : null);
    if (written.kind === "stored") return json(200, { rev: written.rev });
    if (written.kind !== "conflict") return missing(written.kind)!;
    const error = { code: "keyring_conflict", message: "Changed." };
    return json(409, { error, rev: written.rev, sealed: text(written.bytes) });
  }

  async function move(from: string, to: string) {
    requests.push("MOVE");
    const session = sessions.get(from);
    if (session) sessions.set(to, session);
    sessions.delete(from);
  }

  return { answer, requests, read, refused, sessions, keyrings, move };
}

type Service = ReturnType<typeof createService>;

function openBrowser(service: Service, prf = new Uint8Array(32).fill(7)) {
  const clock: PageClock = {
    now: () => Date.now(),
    monotonic: () => Date.now(),
    after: (ms, act) => {
      const timer = setTimeout(act, ms);
      return () => clearTimeout(timer);
    },
  };
  const shared = createSafeStorage(() => fakeStorage());
  const onOtherTab = () => undefined;
  const store = createEntryStore({ shared, onOtherTab, clock, writer: `.${newId().slice(0, 6)}` });
  const { remember, index } = createConversationEntries(store, newId);
  store.subscribe(index.update);
  const finished: string[] = [];
  const asked = { toPersist: 0 };
  const keyring = createKeyring({
    http: createHttpClient({ fetch: service.answer as typeof fetch, clock, onNode: () => undefined }),
    ...{ clock, serverClock: clock, random: () => 0.5, newId, shared, onOtherTab, entries: store, remember },
    activity: { isVisible: () => true, isOnline: () => true, subscribe: () => () => undefined },
    locks: undefined,
    passkeys: { create: async () => prf, choose: async () => prf },
    service: "Holdfast",
    sources: {
      presets: createPresets({ offered: [], shared, onOtherTab, clock, newId }),
      changePreferences: createPreferences({ shared, onOtherTab }).change,
      preferModel: () => undefined,
      drafts: createStoredDrafts(shared, () => undefined),
      unsent: () => [],
      onUnsent: () => undefined,
      clearUnsent: () => undefined,
    },
    moveSession: (from, { to }) => service.move(from, to),
    isLeaving: () => false,
    onMoved: () => undefined,
    renewUnsent: () => undefined,
    findSession: async (id) => service.sessions.get(id) ?? null,
    finishDeletion: async (id) => void finished.push(id),
    onJoined: () => undefined,
    persist: () => void (asked.toPersist += 1),
    reload: () => undefined,
  });
  const titles = () =>
    index
      .all()
      .map(({ title }) => title)
      .sort();
  const begin = (title: string, id = newId()) =>
    remember({ id, title, updatedAt: "2026-11-29T12:00:00.000Z", saved: true });
  const ids = () => index.all().map(({ id }) => id);
  return { keyring, shared, titles, ids, begin, finished, asked };
}

beforeEach(() => {
  vi.useFakeTimers();
  return () => void vi.useRealTimers();
});

const phase = ({ keyring }: ReturnType<typeof openBrowser>) => keyring.getSnapshot().phase;

describe("a keyring", () => {
  test("is made of what one browser has, and opened by another with the code as it was typed", async () => {
    const service = createService();
    const [laptop, phone] = [openBrowser(service), openBrowser(service)];
    laptop.begin("Tea");
    phone.begin("Coffee");
    await laptop.keyring.turnOn();
    const code = laptop.keyring.recoveryCode();
    expect(laptop.keyring.isOwnCode(code.toLowerCase())).toBe(true);
    expect(() => laptop.keyring.isOwnCode("abc")).toThrow(RecoveryCodeError);
    await phone.keyring.join(code.toLowerCase().replaceAll("-", " "));
    await laptop.keyring.syncNow();
    expect([laptop.titles(), phone.titles()]).toEqual([
      ["Coffee", "Tea"],
      ["Coffee", "Tea"],
    ]);
    expect([phase(laptop), phase(phone)]).toEqual(["on", "on"]);
    expect([laptop, phone].map(({ asked }) => asked.toPersist)).toEqual([1, 1]);
  });

  test("sends its id in a header only, and never its key", async () => {
    const service = createService();
    const laptop = openBrowser(service);
    await laptop.keyring.turnOn();
    const secret = secretFromText(laptop.keyring.secretForLink())!;
    expect(service.requests.join("\n")).not.toContain(cipherOf(secret).id);
    expect([...service.keyrings.keys()]).toEqual([cipherOf(secret).id]);
  });

  test("is opened by a passkey, until that is removed, and by the same passkey when it was added again", async () => {
    const service = createService();
    const laptop = openBrowser(service);
    laptop.begin("Tea");
    await laptop.keyring.turnOn();
    await laptop.keyring.addPasskey({ isNew: true });
    const phone = openBrowser(service);
    await phone.keyring.joinWithPasskey();
    expect(phone.titles()).toEqual(["Tea"]);
    const [passkey] = phone.keyring.getSnapshot().passkeys;
    await phone.keyring.removePasskey(passkey!.id);
    expect(phone.keyring.getSnapshot().passkeys).toEqual([]);
    await expect(openBrowser(service).keyring.joinWithPasskey()).rejects.toEqual(
      new KeyringError("not_found"),
    );
    await laptop.keyring.addPasskey({ isNew: false });
    const tablet = openBrowser(service);
    await tablet.keyring.joinWithPasskey();
    expect(tablet.titles()).toEqual(["Tea"]);
    const stranger = openBrowser(service, new Uint8Array(32).fill(8));
    await expect(stranger.keyring.joinWithPasskey()).rejects.toEqual(new KeyringError("not_found"));
  });

  test("is opened by a passkey as long as it exists, also where another list is to be opened by it", async () => {
    const service = createService();
    const [laptop, phone] = [openBrowser(service), openBrowser(service)];
    laptop.begin("Tea");
    for (const { keyring } of [laptop, phone]) await keyring.turnOn();
    await laptop.keyring.addPasskey({ isNew: true });
    await expect(phone.keyring.addPasskey({ isNew: false })).rejects.toEqual(new PasskeyError("taken"));
    expect(phone.keyring.getSnapshot().passkeys).toEqual([]);
    await laptop.keyring.addPasskey({ isNew: false });
    const tablet = openBrowser(service);
    await tablet.keyring.joinWithPasskey();
    expect(tablet.titles()).toEqual(["Tea"]);

    // The list was deleted where its passkeys could not be: nothing is lost.
    service.keyrings.get(cipherOf(secretFromText(laptop.keyring.secretForLink())!).id)!.remove();
    await phone.keyring.addPasskey({ isNew: false });
    const other = openBrowser(service);
    await other.keyring.joinWithPasskey();
    expect(other.keyring.secretForLink()).toBe(phone.keyring.secretForLink());
  });

  test("has what its passkeys hold read each day, since the server removes what nobody reads", async () => {
    const service = createService();
    const { keyring, shared } = openBrowser(service);
    await keyring.turnOn();
    await keyring.addPasskey({ isNew: true });
    await vi.waitFor(() => expect(shared.get(WRAPS_READ_KEY)).not.toBeNull());
    const first = shared.get(WRAPS_READ_KEY);
    const [{ id } = { id: "" }] = keyring.getSnapshot().passkeys;
    const readsOfWrap = () => service.read.filter((other) => other === id).length;
    const before = readsOfWrap();
    vi.advanceTimersByTime(DAY_MS);
    // The second exchange does not wait for the reads of the first one.
    await Promise.all([keyring.syncNow(), keyring.syncNow()]);
    await vi.waitFor(() => expect(readsOfWrap()).toBe(before + 1));
    await vi.waitFor(() => expect(shared.get(WRAPS_READ_KEY)).not.toBe(first));
    await keyring.syncNow();
    expect(readsOfWrap()).toBe(before + 1);
  });

  test("with a new secret is closed to a lost device, to its code and to its passkeys", async () => {
    const service = createService();
    const [laptop, lost] = [openBrowser(service), openBrowser(service)];
    laptop.begin("Tea");
    await laptop.keyring.turnOn();
    await laptop.keyring.addPasskey({ isNew: true });
    const code = laptop.keyring.recoveryCode();
    await lost.keyring.join(code);
    await laptop.keyring.forgetDevices({ movesConversations: false });
    expect(laptop.keyring.recoveryCode()).not.toBe(code);
    laptop.begin("Secret");
    await laptop.keyring.syncNow();
    await expect(lost.keyring.syncNow()).rejects.toEqual(new KeyringError("gone"));
    expect(phase(lost)).toBe("deleted");
    expect(lost.titles()).toEqual(["Tea"]);
    await expect(openBrowser(service).keyring.join(code)).rejects.toEqual(new KeyringError("gone"));
    await expect(openBrowser(service).keyring.joinWithPasskey()).rejects.toEqual(
      new KeyringError("not_found"),
    );
    expect(laptop.keyring.getSnapshot().passkeys).toEqual([]);
    await lost.keyring.join(laptop.keyring.recoveryCode());
    expect(phase(lost)).toBe("on");
  });

  test("with a new secret moves conversations to new ids, which a lost device cannot have read in the old one", async () => {
    const service = createService();
    const [laptop, lost] = [openBrowser(service), openBrowser(service)];
    const id = newId();
    laptop.begin("Tea", id);
    service.sessions.set(id, { title: "Tea", updatedAt: "2026-11-29T12:00:00.000Z" });
    await laptop.keyring.turnOn();
    await lost.keyring.join(laptop.keyring.recoveryCode());
    const known = [...lost.shared.keys().map((key) => lost.shared.get(key)!)].join();
    await laptop.keyring.forgetDevices({ movesConversations: true });
    await vi.waitFor(() => expect(service.requests).toContain("MOVE"));
    await vi.waitFor(() => expect(laptop.keyring.getSnapshot().toMove).toBe(0));
    expect(service.requests.lastIndexOf("DELETE /api/keyring")).toBeLessThan(
      service.requests.indexOf("MOVE"),
    );
    expect(laptop.titles()).toEqual(["Tea"]);
    const [present] = [...service.sessions.keys()];
    expect(present).not.toBe(id);
    // Nor does it know the ids that new conversations will have.
    const reserved = JSON.parse(laptop.shared.get("holdfast.keyring.reserved")!) as { id: string }[];
    expect(reserved.length).toBeGreaterThan(0);
    for (const text of [present!, ...reserved.map((each) => each.id)]) expect(known).not.toContain(text);

    const phone = openBrowser(service);
    await laptop.keyring.syncNow();
    await phone.keyring.join(laptop.keyring.recoveryCode());
    expect(phone.ids()).toEqual([present]);
  });

  test("with a new secret moves nothing while a lost device can read the old one", async () => {
    const service = createService();
    const laptop = openBrowser(service);
    const id = newId();
    laptop.begin("Tea", id);
    service.sessions.set(id, { title: "Tea", updatedAt: "2026-11-29T12:00:00.000Z" });
    await laptop.keyring.turnOn();
    service.refused.add("DELETE");
    await laptop.keyring.forgetDevices({ movesConversations: true });
    await laptop.keyring.syncNow();
    expect(laptop.keyring.getSnapshot().toMove).toBe(0);
    expect([...service.sessions.keys()]).toEqual([id]);

    service.refused.clear();
    laptop.keyring.refresh();
    await vi.waitFor(() => expect(service.requests).toContain("MOVE"), { timeout: 10_000 });
    expect([...service.sessions.keys()]).not.toContain(id);
  });

  test("that was deleted is gone for all devices, which keep their lists", async () => {
    const service = createService();
    const [laptop, phone] = [openBrowser(service), openBrowser(service)];
    laptop.begin("Tea");
    await laptop.keyring.turnOn();
    await phone.keyring.join(laptop.keyring.secretForLink());
    await laptop.keyring.deleteKeyring();
    expect([phase(laptop), laptop.titles()]).toEqual(["off", ["Tea"]]);
    expect(readConfig(laptop.shared)).toMatchObject({ secret: null, retired: [] });
    await expect(phone.keyring.syncNow()).rejects.toEqual(new KeyringError("gone"));
    expect(phone.titles()).toEqual(["Tea"]);
  });

  test("is left by a browser, with its list or without", async () => {
    const service = createService();
    const laptop = openBrowser(service);
    laptop.begin("Tea");
    await laptop.keyring.turnOn();
    const code = laptop.keyring.recoveryCode();
    await laptop.keyring.forgetBrowser({ clearsList: true });
    expect(laptop.shared.keys().filter((key) => key.startsWith("holdfast."))).toEqual([]);
    const again = openBrowser(service);
    await again.keyring.join(code);
    expect(again.titles()).toEqual(["Tea"]);
  });

  test("gives back a conversation that was begun with a reserved id and never listed", async () => {
    const service = createService();
    const laptop = openBrowser(service);
    await laptop.keyring.turnOn();
    const [{ id }] = JSON.parse(laptop.shared.get("holdfast.keyring.reserved")!) as [{ id: string }];
    service.sessions.set(id, { title: "Sent just before", updatedAt: "2026-11-29T12:00:00.000Z" });
    const restored = openBrowser(service);
    await restored.keyring.join(laptop.keyring.recoveryCode());
    expect(restored.titles()).toEqual(["Sent just before"]);
  });

  test("that does not exist is not made by a mistyped code, and changes nothing here", async () => {
    const browser = openBrowser(createService());
    await expect(browser.keyring.join("0000-0000")).rejects.toThrow(RecoveryCodeError);
    await expect(browser.keyring.join("A".repeat(43))).rejects.toEqual(new KeyringError("not_found"));
    expect(phase(browser)).toBe("off");
    expect(readConfig(browser.shared)).toBeNull();
  });
});

describe("changes of this browser", () => {
  test("are sent no more once its storage was cleared under the open page, which would withdraw its drafts", async () => {
    const service = createService();
    const laptop = openBrowser(service);
    const id = newId();
    laptop.shared.set(`holdfast.draft.${id}`, "Not sent yet");
    await laptop.keyring.turnOn();
    const code = laptop.keyring.recoveryCode();
    const before = service.requests.length;
    for (const key of laptop.shared.keys()) laptop.shared.remove(key);
    laptop.keyring.noteChange();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(service.requests.slice(before).filter((request) => !request.startsWith("GET"))).toEqual([]);
    expect(phase(laptop)).toBe("off");
    expect(laptop.shared.get("holdfast.keyring.stamps")).toBeNull();

    await laptop.keyring.join(code);
    expect(laptop.shared.get(`holdfast.draft.${id}`)).toBe("Not sent yet");
  });

  test("are sent together after a moment, and again when the server can be reached", async () => {
    const service = createService();
    const laptop = openBrowser(service);
    await laptop.keyring.turnOn();
    const writes = () => service.requests.filter((request) => request.startsWith("PATCH")).length;
    const before = writes();
    laptop.begin("Tea");
    laptop.keyring.noteChange();
    laptop.begin("Coffee");
    laptop.keyring.noteChange();
    expect(laptop.keyring.getSnapshot().isWaiting).toBe(true);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(writes()).toBe(before + 1);
    expect(laptop.keyring.getSnapshot()).toMatchObject({ phase: "on", isWaiting: false });

    const { answer } = service;
    vi.spyOn(service, "answer");
    let isDown = true;
    const flaky = openBrowser({
      ...service,
      answer: (...request) =>
        isDown ? Promise.reject(new TypeError("Failed to fetch")) : answer(...request),
    });
    isDown = false;
    await flaky.keyring.join(laptop.keyring.recoveryCode());
    isDown = true;
    flaky.begin("Milk");
    flaky.keyring.noteChange();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(flaky.keyring.getSnapshot()).toMatchObject({ phase: "offline", isWaiting: true });
    isDown = false;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(flaky.keyring.getSnapshot()).toMatchObject({ phase: "on", isWaiting: false });
    await laptop.keyring.syncNow();
    expect(laptop.titles()).toEqual(["Coffee", "Milk", "Tea"]);
  });
});
