import { beforeEach, describe, expect, test, vi } from "vitest";
import type { AttachmentView } from "~/conversation/files/attachment";
import { ApiError, PageError } from "~/browser/chat/api-error";
import { pageClock } from "~/browser/page/page-clock";
import { createAttachmentDraft } from "./attachment-draft";
import { prepareFile } from "./prepare-file";
import type { OutgoingFile } from "~/browser/chat/session-api";
import { fakeFile } from "~/browser/chat/fake-chat";
import { createSafeStorage } from "~/browser/storage/safe-storage";

const stored = new Map<string, string>();
const prepare = vi.fn((file: File) => prepareFile(file, { maxBytes: 1_000 }));

beforeEach(() => {
  stored.clear();
  otherTabs = [];
  vi.useFakeTimers();
});

let otherTabs: (() => void)[] = [];

/** A tab whose uploads are answered by the test. */
function openTab() {
  let isWriting = false;
  const write = (act: () => void) => {
    isWriting = true;
    act();
    for (const listener of otherTabs) listener();
    isWriting = false;
  };
  const uploads: (OutgoingFile & PromiseWithResolvers<AttachmentView>)[] = [];
  let ids = 0;
  const draft = createAttachmentDraft({
    api: {
      upload(file) {
        const upload = { ...file, ...Promise.withResolvers<AttachmentView>() };
        uploads.push(upload);
        return upload.promise;
      },
    },
    storage: createSafeStorage(
      () =>
        ({
          getItem: (key: string) => stored.get(key) ?? null,
          setItem: (key: string, value: string) => write(() => stored.set(key, value)),
          removeItem: (key: string) => write(() => stored.delete(key)),
        }) as Storage,
    ),
    onOtherTab: (_, listener) => otherTabs.push(() => !isWriting && listener()),
    conversationId: "c",
    newId: () => `k${String((ids += 1))}`,
    clock: pageClock,
    random: () => 0.5,
    prepare: (file) => prepare(file),
  });
  return {
    draft,
    uploads,
    async add(...names: string[]) {
      draft.add(names.map((name) => new File([`words of ${name}`], name)));
      await expect
        .poll(() => draft.getSnapshot().every((file) => file.blob !== null || file.state !== "uploading"))
        .toBe(true);
    },
    states: () => draft.getSnapshot().map(({ filename, state }) => `${filename} ${state}`),
  };
}

const later = () => vi.advanceTimersByTimeAsync(0);
const down = () => new ApiError("unreachable", "The server cannot be reached.", 0);

describe("a file", () => {
  test("a file reports the progress of its upload, is then ready, and still there after a reload", async () => {
    const { draft, uploads, add } = openTab();
    await add("notes.txt");
    expect(draft.ready()).toBeNull();
    uploads[0]!.onProgress(7);
    expect(draft.getSnapshot()).toMatchObject([{ state: "uploading", progress: 7 / 18 }]);
    uploads[0]!.resolve(fakeFile("notes.txt", 18));
    await later();
    const part = { type: "file", mediaType: "text/plain", filename: "notes.txt", size: 18 };
    expect(draft.ready()).toMatchObject([part]);
    expect(openTab().draft.ready()).toMatchObject([part]);
  });

  test("a file not uploaded before a reload is shown as failed, until it is chosen again or removed", async () => {
    const { uploads, add } = openTab();
    await add("one.txt", "two.txt", "three.txt");
    uploads[0]!.resolve(fakeFile("one.txt", 18));
    for (let tries = 1; tries <= 3; tries++) {
      uploads
        .filter(({ filename }) => filename === "two.txt")
        .at(-1)!
        .reject(down());
      await vi.advanceTimersByTimeAsync(60_000);
    }
    openTab();
    const refreshed = openTab();
    expect(refreshed.states()).toEqual(["one.txt uploaded", "two.txt failed", "three.txt failed"]);
    const [, two, three] = refreshed.draft.getSnapshot();
    expect(two).toMatchObject({ canRetry: false, error: { code: "file_not_uploaded" } });
    expect(refreshed.draft.ready()).toBeNull();
    refreshed.draft.remove(three!.key);
    await refreshed.add("two.txt");
    expect(refreshed.states()).toEqual(["one.txt uploaded", "two.txt uploading"]);
  });

  test("a refused file is not shown after a reload", async () => {
    const { draft } = openTab();
    draft.add([new File(["x".repeat(1_001)], "long.txt")]);
    await expect.poll(() => draft.getSnapshot()[0]?.state).toBe("failed");
    expect(openTab().draft.getSnapshot()).toEqual([]);
  });

  test("an upload that fails for a passing reason is repeated automatically, then on demand", async () => {
    const { draft, uploads, add, states } = openTab();
    await add("notes.txt");
    for (let tries = 0; tries < 3; tries++) {
      uploads[tries]!.reject(down());
      await vi.advanceTimersByTimeAsync(60_000);
    }
    expect(uploads).toHaveLength(3);
    expect(draft.getSnapshot()).toMatchObject([{ state: "failed", canRetry: true }]);
    draft.retry(draft.getSnapshot()[0]!.key);
    expect(states()).toEqual(["notes.txt uploading"]);
    uploads[3]!.resolve(fakeFile("notes.txt", 18));
    await later();
    expect(states()).toEqual(["notes.txt uploaded"]);
  });

  test("a file that the server refuses is not uploaded again, also not when the network is back", async () => {
    const { draft, uploads, add } = openTab();
    await add("notes.txt");
    uploads[0]!.reject(new ApiError("unsupported_media_type", "No.", 415));
    await later();
    expect(draft.getSnapshot()).toMatchObject([
      { state: "failed", canRetry: false, error: { code: "unsupported_media_type" } },
    ]);
    draft.retryPassing();
    expect(uploads).toHaveLength(1);
    expect(draft.ready()).toBeNull();
  });

  test("a file removed during its upload does not come back", async () => {
    const { draft, uploads, add } = openTab();
    await add("one.txt", "two.txt");
    draft.remove(draft.getSnapshot()[0]!.key);
    expect(uploads[0]!.signal.aborted).toBe(true);
    uploads[0]!.resolve(fakeFile("one.txt", 1));
    uploads[1]!.resolve(fakeFile("two.txt", 1));
    await later();
    expect(draft.ready()).toMatchObject([{ filename: "two.txt" }]);
  });

  test("a file that cannot be accepted shows the reason, and is not uploaded", async () => {
    const { draft, uploads } = openTab();
    draft.add([new File(["x".repeat(1_001)], "long.txt")]);
    await expect.poll(() => draft.getSnapshot()[0]?.state).toBe("failed");
    expect(draft.getSnapshot()).toMatchObject([
      {
        filename: "long.txt",
        canRetry: false,
        error: { code: "file_too_large", values: { megabytes: 0.001 } },
      },
    ]);
    expect(uploads).toEqual([]);
  });
});

test.each([
  ["that was moved since it was chosen", new DOMException("gone", "NotFoundError"), "file_unreadable"],
  ["whose code the network does not bring", new PageError("unreachable"), "unreachable"],
])("a file %s is shown with the reason", async (_, failure, code) => {
  const { draft, add } = openTab();
  prepare.mockRejectedValueOnce(failure);
  await add("a.txt");
  expect(draft.getSnapshot()).toMatchObject([{ filename: "a.txt", state: "failed", error: { code } }]);
});

test("a document over the limit is refused, until another one is removed", async () => {
  const { draft, uploads, add, states } = openTab();
  await add("1", "2", "3", "4", "5", "6");
  expect(uploads).toHaveLength(5);
  expect(states().filter((state) => state.endsWith("failed"))).toEqual(["6 failed"]);
  expect(draft.getSnapshot()[5]).toMatchObject({ error: { code: "too_many_files" } });
  draft.remove(draft.getSnapshot()[0]!.key);
  await add("7");
  expect(states().filter((state) => state.endsWith("failed"))).toEqual(["6 failed"]);
});

test("a stored value that is not a file is ignored", () => {
  for (const kept of ["{", "null", '[{"type":"file"}]', '[{"type":"file","url":"https://example.org"}]']) {
    stored.set("holdfast.files.c", kept);
    expect(openTab().draft.getSnapshot()).toEqual([]);
  }
});

test("what is attached in two tabs is shown in both, and leaves both when it is sent or removed", async () => {
  const [here, there] = [openTab(), openTab()];
  await there.add("slow.txt");
  await here.add("here.txt");
  here.uploads[0]!.resolve(fakeFile("here.txt", 18));
  await later();
  expect(there.states()).toEqual(["here.txt uploaded", "slow.txt uploading"]);
  expect(here.states()).toEqual(["here.txt uploaded"]);
  there.uploads[0]!.resolve({ ...fakeFile("slow.txt", 18), id: "b".repeat(64) });
  await later();
  expect(here.states()).toEqual(["here.txt uploaded", "slow.txt uploaded"]);
  expect(openTab().states()).toEqual(["here.txt uploaded", "slow.txt uploaded"]);
  there.draft.remove(there.draft.getSnapshot()[0]!.key);
  expect(here.states()).toEqual(["slow.txt uploaded"]);
  here.draft.clear();
  expect(there.states()).toEqual([]);
});
