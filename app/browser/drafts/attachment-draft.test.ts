import { beforeEach, describe, expect, test, vi } from "vitest";
import type { AttachmentView } from "~/conversation/attachment";
import { ApiError } from "~/browser/chat/api-error";
import { pageClock } from "~/browser/page/page-clock";
import { createAttachmentDraft } from "./attachment-draft";
import type { OutgoingFile } from "~/browser/chat/session-api";
import { fakeFile } from "~/browser/chat/fake-chat";
import { createSafeStorage } from "~/browser/storage/safe-storage";

const stored = new Map<string, string>();

beforeEach(() => {
  stored.clear();
  vi.useFakeTimers();
});

/** A tab whose uploads are answered by the test. */
function openTab() {
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
          setItem: (key: string, value: string) => void stored.set(key, value),
          removeItem: (key: string) => void stored.delete(key),
        }) as Storage,
    ),
    conversationId: "c",
    newId: () => `k${String((ids += 1))}`,
    clock: pageClock,
    random: () => 0.5,
    prepare: { maxBytes: 1_000, redraw: () => Promise.resolve(null) },
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
  test("tells how far its upload is, then is ready, and still there after a refresh", async () => {
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

  test("that was not uploaded before a refresh says so by its name, until it is chosen again or removed", async () => {
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

  test("that cannot be taken is not spoken of after a refresh", async () => {
    const { draft } = openTab();
    draft.add([new File(["x".repeat(1_001)], "long.txt")]);
    await expect.poll(() => draft.getSnapshot()[0]?.state).toBe("failed");
    expect(openTab().draft.getSnapshot()).toEqual([]);
  });

  test("whose upload fails for a passing reason is tried again by itself, then by the person", async () => {
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

  test("that the server refuses is not tried again, also not when the connection is back", async () => {
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

  test("that is removed in mid-upload is heard of no more", async () => {
    const { draft, uploads, add } = openTab();
    await add("one.txt", "two.txt");
    draft.remove(draft.getSnapshot()[0]!.key);
    expect(uploads[0]!.signal.aborted).toBe(true);
    uploads[0]!.resolve(fakeFile("one.txt", 1));
    uploads[1]!.resolve(fakeFile("two.txt", 1));
    await later();
    expect(draft.ready()).toMatchObject([{ filename: "two.txt" }]);
  });

  test("that cannot be taken says why, and nothing is uploaded", async () => {
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

test("one document too many is refused, and there is room again when another is removed", async () => {
  const { draft, uploads, add, states } = openTab();
  await add("1", "2", "3", "4", "5", "6");
  expect(uploads).toHaveLength(5);
  expect(states().filter((state) => state.endsWith("failed"))).toEqual(["6 failed"]);
  expect(draft.getSnapshot()[5]).toMatchObject({ error: { code: "too_many_files" } });
  draft.remove(draft.getSnapshot()[0]!.key);
  await add("7");
  expect(states().filter((state) => state.endsWith("failed"))).toEqual(["6 failed"]);
});

test("what was kept in the browser and is no file is not taken for one", () => {
  for (const kept of ["{", "null", '[{"type":"file"}]', '[{"type":"file","url":"https://example.org"}]']) {
    stored.set("holdfast.files.c", kept);
    expect(openTab().draft.getSnapshot()).toEqual([]);
  }
});
