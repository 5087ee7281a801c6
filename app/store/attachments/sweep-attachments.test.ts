import { mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { AttachmentPart } from "~/conversation/files/attachment";
import { ExpectedError } from "~/conversation/expected-error";
import type { UserMessage } from "~/conversation/session/session";
import { newId } from "~/conversation/session/session-id";
import { partOf, sha256 } from "../../../tests/fixtures/sample-files";
import { createTestStore, emptySession, KEY } from "../../../tests/fixtures/store/store-conversation";
import { interceptedFileSystem } from "../../../tests/fixtures/store/store-file-system";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { createTestEncryptor } from "../../../tests/fixtures/store/test-encryptor";
import { createAttachmentStore } from "./attachment-store";
import { createEncryptionKeys } from "~/store/encryption/encryption-keys";
import { createEncryptor } from "~/store/encryption/encryptor";
import { sweepAttachments, type AttachmentSweepOptions } from "./sweep-attachments";
import { createVolume } from "~/store/volume/volume";

const HOUR_MS = 3_600_000;
const goOn = new AbortController().signal;

const bytesOf = (name: string) => Buffer.from(`the words of ${name}`);
const part = (name: string) => partOf(bytesOf(name), "text/plain", name);

/**
 * A volume whose clock is set by the test. Files are encrypted or not, and so are sessions unless `sessionsAreEncrypted`
 * differs.
 */
function setUp(
  filesAreEncrypted: boolean,
  {
    sessionsAreEncrypted = filesAreEncrypted,
    ...options
  }: Partial<AttachmentSweepOptions> & { sessionsAreEncrypted?: boolean } = {},
) {
  const dataDir = temporaryFolder();
  const encryptor = createTestEncryptor(filesAreEncrypted);
  const { store: sessions, layout } = createTestStore(dataDir, {
    encryptor: createTestEncryptor(sessionsAreEncrypted),
  });
  let hours = 0;
  const start = Date.now();
  const volume = createVolume();
  const clocked = {
    ...volume,
    async stats(path: string) {
      const stats = await volume.stats(path);
      const isClock = path.includes(".probe-");
      return { ...stats, modifiedAt: isClock ? start + hours * HOUR_MS : stats.modifiedAt };
    },
  };
  const attachments = createAttachmentStore({
    volume,
    layout,
    instance: "node.b1",
    newId,
    encryptor,
    onDamage: () => undefined,
    maxBytes: 10_000,
    maxSessionBytes: 10_000,
  });
  const sweepOptions = {
    volume: clocked,
    layout,
    instance: "node.b1",
    sessions,
    isDead: () => false,
    delay: () => Promise.resolve(),
    ...options,
  };
  const folder = layout.attachmentFolder(KEY);
  return {
    layout,
    sessions,
    attachments,
    folder,
    files: () => readdirSync(folder).sort(),
    async upload(name: string) {
      await attachments.put(KEY, name, [bytesOf(name)] as unknown as AsyncIterable<Uint8Array>);
      const id = sha256(bytesOf(name));
      const stored = filesAreEncrypted ? encryptor.nameOf(KEY, id) : id;
      const file = readdirSync(folder).find((each) => each.startsWith(stored))!;
      utimesSync(join(folder, file), start / 1_000, (start + hours * HOUR_MS) / 1_000);
    },
    send: (...parts: AttachmentPart[]) =>
      sessions.update(KEY, (session) => {
        const message: UserMessage = {
          id: newId(),
          parentId: null,
          role: "user",
          parts,
          metadata: { createdAt: "2026-01-02T03:04:05.000Z" },
        };
        const base = session ?? emptySession();
        return { session: { ...base, messages: [...base.messages, message] }, result: null };
      }),
    /** Sweeps a number of hours after the start. */
    sweepAt(now: number) {
      hours = now;
      return sweepAttachments(sweepOptions, goOn);
    },
  };
}

describe.each([
  ["unencrypted", false],
  ["encrypted", true],
])("where files and sessions are %s", (_, isEncrypted) => {
  test("a file that was not sent for a day is removed, and one that was sent is kept", async () => {
    const { upload, send, sweepAt, attachments } = setUp(isEncrypted);
    await upload("sent");
    await upload("unsent");
    await send(part("sent"));
    expect(await sweepAt(23)).toEqual({ seen: 1, setAside: 0, removed: 0 });
    expect(await sweepAt(25)).toMatchObject({ setAside: 1, removed: 0 });
    expect(await sweepAt(25.5)).toMatchObject({ setAside: 0, removed: 0 });
    expect(await sweepAt(27)).toMatchObject({ removed: 1 });
    expect(await sweepAt(10_000)).toEqual({ seen: 1, setAside: 0, removed: 0 });
    expect(await attachments.read(KEY, sha256(bytesOf("sent")))).not.toBeNull();
    expect(await attachments.read(KEY, sha256(bytesOf("unsent")))).toBeNull();
  });

  test("a file that was set aside can be read, and is kept once it was sent", async () => {
    const { upload, send, sweepAt, attachments, files } = setUp(isEncrypted);
    await upload("late");
    await sweepAt(25);
    expect(files()[0]).toMatch(/unsent$/);
    expect((await attachments.read(KEY, sha256(bytesOf("late"))))?.bytes).toEqual(bytesOf("late"));
    await attachments.hold(KEY, [part("late")]);
    await send(part("late"));
    await sweepAt(1_000);
    expect((await attachments.read(KEY, sha256(bytesOf("late"))))?.bytes).toEqual(bytesOf("late"));
  });

  test("a file that is uploaded again is kept for another day", async () => {
    const { upload, sweepAt, files } = setUp(isEncrypted);
    await upload("again");
    await sweepAt(20);
    await upload("again");
    expect(await sweepAt(30)).toMatchObject({ setAside: 0 });
    expect(files()).toHaveLength(1);
  });

  test("a file that is sent at any call of a sweep is kept", async () => {
    // At each call of the removing sweep in turn, a sender holds the file and sends it.
    for (let at = 0; ; at++) {
      let call = -Infinity;
      let sending: Promise<unknown> | undefined;
      const atCall: { run: () => Promise<unknown> } = { run: () => Promise.resolve() };
      const fs = interceptedFileSystem(async (_, proceed) => {
        if (call++ === at) await (sending = atCall.run());
        return proceed();
      });
      const { upload, send, sweepAt, attachments, layout, sessions } = setUp(isEncrypted);
      await upload("race");
      await sweepAt(25);
      const slow = {
        volume: createVolume({ fs }),
        layout,
        instance: "other.b1",
        sessions: createTestStore(join(layout.attachments, ".."), { fs }).store,
        isDead: () => false,
        delay: () => Promise.resolve(),
      };
      let refused = false;
      atCall.run = async () => {
        try {
          await attachments.hold(KEY, [part("race")]);
          await send(part("race"));
        } catch (error) {
          expect(error).toMatchObject({ code: "attachment_not_found" });
          refused = true;
        }
      };
      // Set aside by a clock of the past, so that it is due by the real clock.
      const [name] = readdirSync(layout.attachmentFolder(KEY));
      const aged = name!.replace(/\d+\.unsent$/, `${Date.now() - 2 * HOUR_MS}.unsent`);
      const { rename } = await import("node:fs/promises");
      await rename(join(layout.attachmentFolder(KEY), name!), join(layout.attachmentFolder(KEY), aged));
      call = 0;
      await sweepAttachments(slow, goOn);
      if (!sending) {
        expect(at).toBeGreaterThan(8);
        return;
      }
      const isSent = (await sessions.read(KEY)) !== null;
      expect(isSent).toBe(!refused);
      if (isSent)
        expect((await attachments.read(KEY, sha256(bytesOf("race"))))?.bytes).toEqual(bytesOf("race"));
    }
  });

  test("files of a session that cannot be read are kept", async () => {
    const document = { format: 1 as const, rev: 1, recent: ["commit"], ...emptySession() };
    for (const header of [
      () => Promise.reject(new ExpectedError("session_damaged", "?")),
      () =>
        Promise.resolve({
          header: { ...document, isEncrypted: false, files: new Set<string>() },
          recovered: 2,
        }),
    ]) {
      const { upload, sweepAt, files } = setUp(isEncrypted, { sessions: { header: header } });

      await upload("unsent");
      await sweepAt(100);
      expect(await sweepAt(200)).toEqual({ seen: 1, setAside: 0, removed: 0 });
      expect(files()).toHaveLength(1);
    }
  });
});

test.each([
  ["encrypted, of a session that is not", true, false],
  ["unencrypted, of a session that is encrypted", false, true],
])(
  "a file that is %s, is kept until its session is deleted",
  async (_, filesAreEncrypted, sessionsAreEncrypted) => {
    const { upload, send, sweepAt, sessions, files } = setUp(filesAreEncrypted, { sessionsAreEncrypted });
    await upload("sent");
    await upload("unsent");
    await send(part("sent"));
    for (const hours of [25, 50]) expect(await sweepAt(hours)).toMatchObject({ setAside: 0, removed: 0 });
    expect(files()).toHaveLength(2);
    await sessions.remove(KEY);
    expect(await sweepAt(75)).toMatchObject({ setAside: 2 });
    expect(await sweepAt(77)).toMatchObject({ removed: 2 });
  },
);

test("a sweep finds without a key which encrypted files were sent", async () => {
  const { upload, send, layout, folder } = setUp(true);
  await upload("sent");
  await upload("unsent");
  await send(part("sent"));
  const old = new Date(Date.now() - 25 * HOUR_MS);
  for (const name of readdirSync(folder)) utimesSync(join(folder, name), old, old);
  const keyless = createEncryptor({ keys: createEncryptionKeys(), isOn: true });
  const { store: sessions, volume } = createTestStore(join(layout.attachments, ".."), { encryptor: keyless });
  const delay = () => Promise.resolve();
  const options = { volume, layout, instance: "node.b2", sessions, isDead: () => false, delay };
  expect(await sweepAttachments(options, goOn)).toEqual({ seen: 1, setAside: 1, removed: 0 });
  const sent = createTestEncryptor(true).nameOf(KEY, sha256(bytesOf("sent")));
  expect(readdirSync(folder).filter((name) => name.endsWith(".unsent"))).toHaveLength(1);
  expect(readdirSync(folder).find((name) => name.startsWith(sent))).not.toMatch(/unsent$/);
});

test("a sweep removes leftovers of dead writers, and none of live ones", async () => {
  const { layout, sweepAt, folder, files } = setUp(false, { isDead: (instance) => instance === "dead.b1" });
  mkdirSync(`${folder}.abc.deleted/inner`, { recursive: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "u1.dead.b1.tmp"), "x");
  writeFileSync(join(folder, "u2.alive.b1.tmp"), "x");
  expect(await sweepAt(1)).toMatchObject({ removed: 1 });
  expect(readdirSync(join(layout.attachments, KEY.slice(0, 2)))).toEqual([KEY]);
  expect(files()).toEqual(["u2.alive.b1.tmp"]);
  await sweepAt(25);
  await sweepAt(26);
  expect(readdirSync(join(layout.attachments, KEY.slice(0, 2)))).toEqual([]);
});
