import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { partOf, pngFile, sha256 } from "../../../tests/fixtures/sample-files";
import {
  interceptedFileSystem,
  systemError,
  type FileCall,
  type Intercept,
} from "../../../tests/fixtures/store/store-file-system";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { createTestEncryptor, testEncryptor } from "../../../tests/fixtures/store/test-encryptor";
import { createAttachmentStore, type AttachmentStoreOptions } from "./attachment-store";
import { createLayout } from "~/store/documents/layout";
import { sweepAttachments } from "./sweep-attachments";
import { createVolume } from "~/store/volume/volume";

const KEY = hashSessionId("a session");
const OTHER = hashSessionId("another session");
const PNG = pngFile(8, 8);

function storeOn(
  dataDir: string,
  { intercept, ...limits }: Partial<AttachmentStoreOptions> & { intercept?: Intercept } = {},
) {
  const layout = createLayout(dataDir);
  const volume = createVolume(intercept ? { fs: interceptedFileSystem(intercept) } : {});
  const options = {
    volume,
    layout,
    instance: "node.b1",
    newId,
    encryptor: testEncryptor,
    onDamage: () => undefined,
    maxBytes: 100_000,
    maxSessionBytes: 300_000,
  };
  const store = createAttachmentStore({ ...options, ...limits });
  const files = (key = KEY) => {
    try {
      return readdirSync(layout.attachmentFolder(key));
    } catch {
      return [];
    }
  };
  return { store, layout, volume, files };
}

async function* pieces(bytes: Uint8Array, size = 50_000) {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

describe("a file", () => {
  test("a stored file is found by its hash in its session only, and is accessible to its owner only", async () => {
    const { store, layout, files } = storeOn(temporaryFolder());
    const stored = await store.put(KEY, "a picture.png", pieces(PNG, 10));
    expect(stored).toEqual({
      id: sha256(PNG),
      mediaType: "image/png",
      filename: "a picture.png",
      size: PNG.length,
    });
    expect(await store.read(KEY, stored.id)).toEqual({ bytes: PNG, mediaType: "image/png" });
    expect(await store.read(OTHER, stored.id)).toBeNull();
    expect(await store.read(KEY, sha256(Buffer.from("?")))).toBeNull();
    const path = join(layout.attachmentFolder(KEY), files()[0]!);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(layout.attachmentFolder(KEY)).mode & 0o777).toBe(0o700);
  });

  test.each(["heic", "txt.zst", "9.sealed2"])(
    "a file in the form %s of a newer version is refused, and stays in its place",
    async (form) => {
      const { store, layout, volume, files } = storeOn(temporaryFolder());
      const stored = await store.put(KEY, "notes.txt", pieces(Buffer.from("notes")));
      const [name] = files() as [string];
      const later = `${name.slice(0, 64)}.5.${form}`;
      const folder = layout.attachmentFolder(KEY);
      renameSync(join(folder, name), join(folder, later));
      const newer = { code: "session_newer_format", message: /newer version/ };
      await expect(store.read(KEY, stored.id)).rejects.toMatchObject(newer);
      await expect(
        store.hold(KEY, [partOf(Buffer.from("notes"), "text/plain", "n.txt")]),
      ).rejects.toMatchObject(newer);
      await expect(store.copy(KEY, OTHER, [stored.id])).rejects.toMatchObject(newer);
      await sweepAttachments(
        {
          volume,
          layout,
          instance: "node.b1",
          sessions: { header: () => Promise.resolve(null) },
          isDead: () => true,
          delay: () => Promise.resolve(),
        },
        new AbortController().signal,
      );
      expect([files(), files(OTHER)]).toEqual([[later], []]);
      // Other files are read as before.
      expect(await store.read(KEY, sha256(PNG))).toBeNull();
      await store.remove(KEY);
      expect(files()).toEqual([]);
    },
  );

  test("the same bytes are stored once, under any file name", async () => {
    const { store, files } = storeOn(temporaryFolder());
    const text = Buffer.from("a,b\n1,2\n");
    const types = await Promise.all(
      ["notes.txt", "notes.MD", "table.csv", "script.py"].map((name) => store.put(KEY, name, pieces(text))),
    );
    expect(types.map(({ mediaType }) => mediaType)).toEqual([
      "text/plain",
      "text/markdown",
      "text/csv",
      "text/plain",
    ]);
    expect(files()).toHaveLength(1);
  });

  test("an upload syncs the file and its name before it resolves", async () => {
    const calls: string[] = [];
    const { store } = storeOn(temporaryFolder(), {
      intercept(call, proceed) {
        calls.push(`${call.name} ${(call.to ?? call.path).replace(/^.*\//, "").replace(/^.*\.tmp$/, "tmp")}`);
        return proceed();
      },
    });
    const { id, size } = await store.put(KEY, "x.png", pieces(PNG));
    const at = (call: string) => calls.lastIndexOf(call);
    expect(at("sync tmp")).toBeGreaterThan(at("write tmp"));
    expect(at(`rename ${id}.${size}.png`)).toBeGreaterThan(at("sync tmp"));
    expect(at(`sync ${KEY}`)).toBeGreaterThan(at(`rename ${id}.${size}.png`));
  });

  test.each([
    ["too large", "x.txt", Buffer.alloc(100_001, "x"), "attachment_too_large"],
    ["of an unsupported kind", "x.png", Buffer.from("PK\u0003\u0004\0\0"), "unsupported_media_type"],
    ["empty", "x.txt", Buffer.alloc(0), "bad_request"],
  ])("an upload that is %s is refused, and leaves no file", async (_, name, bytes, code) => {
    const { store, files } = storeOn(temporaryFolder());
    await expect(store.put(KEY, name, pieces(bytes))).rejects.toMatchObject({ code });
    expect(files()).toEqual([]);
  });

  test("an image over the limit of images is refused", async () => {
    const { store } = storeOn(temporaryFolder(), { maxBytes: 4_500_000, maxSessionBytes: 9_000_000 });
    const image = Buffer.concat([PNG, Buffer.alloc(3_750_000 - PNG.length)]);
    await store.put(KEY, "x.png", pieces(image));
    const larger = Buffer.concat([image, Buffer.alloc(1)]);
    await expect(store.put(KEY, "x.png", pieces(larger))).rejects.toMatchObject({
      code: "attachment_too_large",
      message: expect.stringContaining("3.8 MB") as string,
    });
  });

  test("an upload that breaks off leaves no file", async () => {
    const { store, files } = storeOn(temporaryFolder());
    async function* cut() {
      yield* pieces(PNG, 20);
      throw new Error("gone");
    }
    await expect(store.put(KEY, "x.png", cut())).rejects.toThrow("gone");
    expect(files()).toEqual([]);
  });

  test("an upload is written piece by piece", async () => {
    let held = 0;
    let most = 0;
    const { store } = storeOn(temporaryFolder(), {
      maxBytes: 2_000_000,
      maxSessionBytes: 2_000_000,
      async intercept(call, proceed) {
        const result = await proceed();
        if (call.name === "write") held -= 1;
        return result;
      },
    });
    async function* watched() {
      for await (const piece of pieces(Buffer.alloc(2_000_000, "x"), 20_000)) {
        held += 1;
        most = Math.max(most, held);
        yield piece;
      }
    }
    await store.put(KEY, "x.txt", watched());
    expect(most).toBe(1);
  });
});

describe("a session", () => {
  test("a session is limited in bytes and files, and a repeated file counts once", async () => {
    const { store, files } = storeOn(temporaryFolder(), { maxSessionFiles: 4 });
    const large = (letter: string) => Buffer.alloc(100_000, letter);
    for (const letter of ["a", "b", "c", "c"]) await store.put(KEY, `${letter}.txt`, pieces(large(letter)));
    await expect(store.put(KEY, "d.txt", pieces(Buffer.from("d")))).rejects.toMatchObject({
      code: "attachments_full",
    });
    expect(files()).toHaveLength(3);
    for (let n = 0; n < 4; n++) await store.put(OTHER, "n.txt", pieces(Buffer.from(String(n))));
    await expect(store.put(OTHER, "n.txt", pieces(Buffer.from("4")))).rejects.toMatchObject({
      code: "attachments_full",
    });
  });

  test("an upload to a session that is deleted meanwhile fails, and leaves no file", async () => {
    const { store, layout, files } = storeOn(temporaryFolder());
    await store.put(KEY, "first.txt", pieces(Buffer.from("first")));
    async function* deletedInTheMiddle() {
      yield* pieces(PNG.subarray(0, 20));
      await store.remove(KEY);
      yield* pieces(PNG.subarray(20));
    }
    await expect(store.put(KEY, "x.png", deletedInTheMiddle())).rejects.toMatchObject({
      code: "session_not_found",
    });
    expect(files()).toEqual([]);
    expect(readdirSync(join(layout.attachments, KEY.slice(0, 2)))).toEqual([]);
    await store.remove(KEY);
  });

  test("copied files are independent of the session that they were copied from", async () => {
    const { store, files } = storeOn(temporaryFolder());
    const one = await store.put(KEY, "one.txt", pieces(Buffer.from("one")));
    const two = await store.put(KEY, "two.png", pieces(PNG));
    const missing = sha256(Buffer.from("?"));
    expect(await store.copy(KEY, OTHER, [two.id, missing, two.id])).toEqual([two.id]);
    expect(await store.copy(KEY, OTHER, [two.id])).toEqual([two.id]);
    await store.remove(KEY);
    expect(await store.read(OTHER, two.id)).toEqual({ bytes: PNG, mediaType: "image/png" });
    expect(await store.read(OTHER, one.id)).toBeNull();
    expect(files(OTHER)).toHaveLength(1);
    expect(await store.copy(KEY, OTHER, [one.id])).toEqual([]);
  });

  test("a copy that exceeds the limits together with present files is refused", async () => {
    const { store, files } = storeOn(temporaryFolder(), { maxSessionBytes: 10, maxSessionFiles: 4 });
    const put = async (key: string, text: string) =>
      (await store.put(key, `${text}.txt`, pieces(Buffer.from(text)))).id;
    const [one, three] = [await put(KEY, "one"), await put(KEY, "three")];
    await put(OTHER, "other");
    const full = { code: "attachments_full" };
    await expect(store.copy(KEY, OTHER, [one, three])).rejects.toMatchObject(full);
    expect(files(OTHER)).toHaveLength(1);
    expect(await store.copy(KEY, OTHER, [three])).toEqual([three]);
    expect(await store.copy(KEY, OTHER, [three])).toEqual([three]);

    const third = hashSessionId("a third session");
    for (const letter of ["a", "b", "c"]) await put(third, letter);
    await expect(store.copy(KEY, third, [one, three])).rejects.toMatchObject(full);
    expect(await store.copy(KEY, third, [one])).toEqual([one]);
  });

  test("a file that cannot have another hard link (EMLINK) is copied by its bytes", async () => {
    const { store } = storeOn(temporaryFolder(), {
      intercept: (call, proceed) =>
        call.name === "link"
          ? Promise.reject(Object.assign(new Error(), { code: "EMLINK", errno: -31 }))
          : proceed(),
    });
    const { id } = await store.put(KEY, "x.png", pieces(PNG));
    await store.copy(KEY, OTHER, [id]);
    await store.remove(KEY);
    expect((await store.read(OTHER, id))?.bytes).toEqual(PNG);
  });
});

describe("a message", () => {
  test("a message may name stored files with their type and size, and nothing else", async () => {
    const { store } = storeOn(temporaryFolder());
    const table = Buffer.from("a,b\n");
    await store.put(KEY, "x.png", pieces(PNG));
    await store.put(KEY, "t.txt", pieces(table));
    await store.hold(KEY, []);
    await store.hold(KEY, [partOf(PNG, "image/png", "x.png"), partOf(table, "text/csv", "t.csv")]);
    const bad = { code: "bad_request" };
    await expect(store.hold(KEY, [partOf(PNG, "image/jpeg", "x.jpg")])).rejects.toMatchObject(bad);
    await expect(store.hold(KEY, [{ ...partOf(PNG, "image/png", "x.png"), size: 5 }])).rejects.toMatchObject(
      bad,
    );
    const elsewhere = store.hold(OTHER, [partOf(PNG, "image/png", "x.png")]);
    await expect(elsewhere).rejects.toMatchObject({
      code: "attachment_not_found",
      details: { filename: "x.png" },
    });
  });
});

describe("a volume that fails", () => {
  /** All calls of an upload that may fail, as one upload makes them. */
  async function callsOfAnUpload(): Promise<FileCall[]> {
    const calls: FileCall[] = [];
    const { store } = storeOn(temporaryFolder(), {
      intercept(call, proceed) {
        calls.push(call);
        return proceed();
      },
    });
    await store.put(KEY, "x.png", pieces(PNG, 100));
    return calls;
  }

  test("an upload that fails at any call is answered volume_unavailable, leaves no partial file, and can be repeated", async () => {
    const calls = await callsOfAnUpload();
    expect(calls.length).toBeGreaterThan(10);
    for (const [index, failing] of calls.entries()) {
      let call = 0;
      const dataDir = temporaryFolder();
      const { store, files, layout } = storeOn(dataDir, {
        intercept: (each, proceed) =>
          call++ === index ? Promise.reject(systemError("ENOSPC", each)) : proceed(),
      });
      const upload = store.put(KEY, "x.png", pieces(PNG, 100));
      await expect(upload, `${failing.name} ${failing.path}`).rejects.toMatchObject({
        code: "volume_unavailable",
        message: expect.stringContaining("is full") as string,
      });
      for (const name of files()) {
        // A failure after the rename: the whole file is stored, and the upload will be repeated.
        expect(name).not.toMatch(/tmp$/);
        expect(readFileSync(join(layout.attachmentFolder(KEY), name))).toEqual(PNG);
      }
      await store.put(KEY, "x.png", pieces(PNG, 100));
      expect((await store.read(KEY, sha256(PNG)))?.bytes).toEqual(PNG);
    }
  });

  const flipped = PNG.with(20, PNG[20]! ^ 1);
  test.each([
    ["empty", PNG.subarray(0, 0)],
    ["cut", PNG.subarray(0, 10)],
    ["too long", Buffer.concat([PNG, Buffer.alloc(1)])],
    ["changed in one bit", flipped],
  ])("a file that is %s is null and reported as damaged, until it is attached again", async (_, damaged) => {
    const reported: string[] = [];
    const onDamage = (_key: string, id: string) => void reported.push(id);
    const { store, files, layout } = storeOn(temporaryFolder(), { onDamage });
    const { id } = await store.put(KEY, "a.png", pieces(PNG));
    writeFileSync(join(layout.attachmentFolder(KEY), files()[0]!), damaged);
    expect(await store.read(KEY, id)).toBeNull();
    expect(reported).toEqual([id]);
    await store.put(KEY, "a.png", pieces(PNG));
    expect((await store.read(KEY, id))?.bytes).toEqual(PNG);
  });

  test("a read that answers ESTALE is repeated", async () => {
    let stale = 2;
    const { store } = storeOn(temporaryFolder(), {
      intercept: (call, proceed) =>
        call.name === "read" && stale-- > 0 ? Promise.reject(systemError("ESTALE", call)) : proceed(),
    });
    const { id } = await store.put(KEY, "x.png", pieces(PNG));
    expect((await store.read(KEY, id))?.bytes).toEqual(PNG);
  });
});

describe("encryption at rest", () => {
  const TEXT = Buffer.from("What nobody else may read. ".repeat(5_000));
  const on = { encryptor: createTestEncryptor(true), maxBytes: 1_000_000, maxSessionBytes: 3_000_000 };
  const off = { ...on, encryptor: createTestEncryptor(false) };
  const put = (store: ReturnType<typeof storeOn>["store"], bytes = TEXT, key = KEY) =>
    store.put(key, "secret.txt", pieces(bytes, 1_000));
  const damagedIn = (reported: string[]) => ({
    ...on,
    onDamage: (_key: string, id: string) => void reported.push(id),
  });

  test("an encrypted file reveals its content neither in its bytes nor in its name", async () => {
    const dataDir = temporaryFolder();
    const { store, files, layout } = storeOn(dataDir, on);
    const { id, size } = await put(store);
    const [name] = files();
    expect(name).toBe(`${on.encryptor.nameOf(KEY, id)}.${size}.txt.sealed`);
    expect(readFileSync(join(layout.attachmentFolder(KEY), name!)).includes("nobody else")).toBe(false);
    expect(await store.read(KEY, id)).toEqual({ bytes: TEXT, mediaType: "text/plain" });
    expect(await store.read(OTHER, id)).toBeNull();
    await store.hold(KEY, [partOf(TEXT, "text/plain", "secret.txt")]);
    await put(store);
    expect(files()).toHaveLength(1);
    expect(await storeOn(dataDir, off).store.read(KEY, id)).toEqual({ bytes: TEXT, mediaType: "text/plain" });
  });

  test("a file from before encryption was switched on is still found", async () => {
    const dataDir = temporaryFolder();
    const { id } = await put(storeOn(dataDir, off).store);
    const { store, files } = storeOn(dataDir, on);
    expect(await store.read(KEY, id)).toEqual({ bytes: TEXT, mediaType: "text/plain" });
    await store.hold(KEY, [partOf(TEXT, "text/plain", "secret.txt")]);
    expect(files()).toEqual([`${id}.${TEXT.length}.txt`]);
  });

  test.each([
    ["on", off, on, 1],
    ["on", on, on, 1],
    ["off", on, off, 0],
    ["off", off, off, 0],
  ])(
    "a file that was copied while encryption is %s is readable in the other session",
    async (_, before, now, sealed) => {
      const dataDir = temporaryFolder();
      const { id } = await put(storeOn(dataDir, before).store);
      const { store, files } = storeOn(dataDir, now);
      for (let time = 0; time < 2; time++) expect(await store.copy(KEY, OTHER, [id, id])).toEqual([id]);
      await store.remove(KEY);
      expect((await store.read(OTHER, id))?.bytes).toEqual(TEXT);
      expect(files(OTHER)).toHaveLength(1);
      expect(files(OTHER).filter((name) => name.endsWith(".sealed"))).toHaveLength(sealed);
    },
  );

  test("an encrypted file that was changed, cut or exchanged is null, and reported as damaged", async () => {
    const reported: string[] = [];
    const { store, files, layout } = storeOn(temporaryFolder(), damagedIn(reported));
    const short = Buffer.from("short");
    const { id } = await put(store, short);
    const path = join(layout.attachmentFolder(KEY), files()[0]!);
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at++) {
      const changed = Buffer.from(whole);
      changed[at]! ^= 1;
      writeFileSync(path, changed);
      expect(await store.read(KEY, id), `byte ${String(at)}`).toBeNull();
    }
    for (const bytes of [Buffer.alloc(0), whole.subarray(0, -1)]) {
      writeFileSync(path, bytes);
      expect(await store.read(KEY, id)).toBeNull();
    }
    expect(new Set(reported)).toEqual(new Set([id]));
    expect(reported).toHaveLength(whole.length + 2);

    // A file of the same size and session, encrypted with the same key.
    const other = await put(store, Buffer.from("other"));
    const otherName = files().find((name) => name.startsWith(on.encryptor.nameOf(KEY, other.id)))!;
    renameSync(join(layout.attachmentFolder(KEY), otherName), path);
    expect(await store.read(KEY, id)).toBeNull();
    writeFileSync(path, whole);
    expect((await store.read(KEY, id))?.bytes).toEqual(short);
    expect(await store.copy(KEY, OTHER, [id])).toEqual([id]);
    const foreign = join(layout.attachmentFolder(OTHER), files(OTHER)[0]!);
    writeFileSync(foreign, whole);
    expect(await store.read(OTHER, id)).toBeNull();
  });
});
