import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { createTestStore } from "../../../tests/fixtures/store/store-conversation";
import {
  interceptedFileSystem,
  systemError,
  type Intercept,
} from "../../../tests/fixtures/store/store-file-system";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { createHandoffStore } from "./handoff-store";

const MINUTE_MS = 60_000;
const goOn = new AbortController().signal;
let dataDir: string;
let key: string;
beforeEach(() => {
  dataDir = temporaryFolder();
  key = hashSessionId(newId());
});

function node(intercept?: Intercept) {
  const { volume, layout } = createTestStore(dataDir, intercept && { fs: interceptedFileSystem(intercept) });
  return createHandoffStore({ volume, layout, instance: "node.b1", newId, lifetimeMs: 10 * MINUTE_MS });
}

const pathOf = (name: string) => join(dataDir, "handoffs", name);
const age = (name: string, minutes: number) => {
  const then = (Date.now() - minutes * MINUTE_MS) / 1000;
  utimesSync(pathOf(name), then, then);
};
const gone = expect.objectContaining({ code: "handoff_gone" }) as Error;

describe("a hand-off", () => {
  it("a hand-off is given once", async () => {
    await node().put(key, "sealed");
    expect(await node().claim(key)).toBe("sealed");
    for (let time = 0; time < 2; time++) await expect(node().claim(key)).rejects.toThrow(gone);
    expect(readdirSync(pathOf(""))).toEqual([`${key}.claimed`]);
  });

  it("a hand-off is given to one of several concurrent claims", async () => {
    await node().put(key, "sealed");
    const asked = await Promise.allSettled(Array.from({ length: 20 }, () => node().claim(key)));
    expect(asked.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("a hand-off may be put again with the same content, but not with other content", async () => {
    await node().put(key, "sealed");
    await node().put(key, "sealed");
    await expect(node().put(key, "other")).rejects.toThrow(
      expect.objectContaining({ code: "handoff_conflict" }),
    );
    expect(await node().claim(key)).toBe("sealed");
  });

  it("a claimed hand-off is not given again after its sender has repeated the put", async () => {
    await node().put(key, "sealed");
    await node().claim(key);
    await node().put(key, "sealed");
    await expect(node().claim(key)).rejects.toThrow(gone);
  });

  it("a damaged hand-off is gone", async () => {
    for (const damage of ["", "{", '{"format":1}', '{"format":"2","sealed":"sealed"}']) {
      const damaged = hashSessionId(newId());
      await node().put(damaged, "sealed");
      writeFileSync(pathOf(`${damaged}.json`), damage);
      await expect(node().claim(damaged)).rejects.toThrow(gone);
    }
    mkdirSync(pathOf(`${key}.json`));
    await expect(node().claim(key)).rejects.toThrow(gone);
  });

  it("a missing hand-off is gone", async () => {
    await expect(node().claim(key)).rejects.toThrow(gone);
  });

  it("a hand-off that is too old is gone, and its file is removed", async () => {
    await node().put(key, "sealed");
    age(`${key}.json`, 9.9);
    expect(await node().claim(key)).toBe("sealed");
    const old = hashSessionId(newId());
    await node().put(old, "sealed");
    age(`${old}.json`, 10.1);
    await expect(node().claim(old)).rejects.toThrow(gone);
    expect(readdirSync(pathOf(""))).not.toContain(`${old}.json`);
  });

  it("a claim whose link answers EEXIST though it was made is given", async () => {
    await node().put(key, "sealed");
    const unlucky = node(async (call, proceed) => {
      const result = await proceed();
      // As on NFS: the link was made, and its retransmission finds that the name is taken.
      if (call.name === "link") throw systemError("EEXIST", call);
      return result;
    });
    expect(await unlucky.claim(key)).toBe("sealed");
    await expect(node().claim(key)).rejects.toThrow(gone);
  });

  it("a hand-off that cannot be read is not used up", async () => {
    await node().put(key, "sealed");
    const failing = node((call, proceed) => {
      if (call.name === "read") throw systemError("EIO", call);
      return proceed();
    });
    await expect(failing.claim(key)).rejects.toThrow(expect.objectContaining({ code: "volume_unavailable" }));
    expect(await node().claim(key)).toBe("sealed");
  });

  it("a hand-off on a read-only volume is refused, and not used up", async () => {
    await node().put(key, "sealed");
    const readOnly = node((call, proceed) => {
      if (call.name === "link" || call.path.endsWith(".tmp")) throw systemError("EROFS", call);
      return proceed();
    });
    await expect(readOnly.claim(key)).rejects.toThrow(/may not be written\. Try the link again soon/);
    expect(await node().claim(key)).toBe("sealed");
  });

  it.each([
    ["with a format that is unknown", { format: 2, sealed: "sealed" }],
    ["with a field that is unknown", { format: 1, sealed: "sealed", until: "2026-01-02T03:04:05.000Z" }],
  ])("a hand-off of a newer version, %s, is refused, not used up, and not swept", async (_, box) => {
    await node().put(hashSessionId("another"), "sealed");
    writeFileSync(pathOf(`${key}.json`), JSON.stringify(box));
    const newer = expect.objectContaining({ code: "session_newer_format" }) as Error;
    for (let time = 0; time < 2; time++) await expect(node().claim(key)).rejects.toThrow(newer);
    age(`${key}.json`, 60);
    writeFileSync(pathOf("what-is-this.later"), "");
    age("what-is-this.later", 60);
    await node().sweep(goOn);
    expect(readdirSync(pathOf(""))).toEqual(
      [`${key}.json`, `${hashSessionId("another")}.json`, "what-is-this.later"].sort(),
    );
    expect(JSON.parse(readFileSync(pathOf(`${key}.json`), "utf8"))).toEqual(box);
  });

  it("a claim that was frozen during another claim and a sweep finds the hand-off gone", async () => {
    await node().put(key, "sealed");
    const sleeping = node(async (call, proceed) => {
      if (call.name === "link") {
        expect(await node().claim(key)).toBe("sealed");
        age(`${key}.claimed`, 11);
        await node().sweep(goOn);
      }
      return proceed();
    });
    await expect(sleeping.claim(key)).rejects.toThrow(gone);
  });
});

describe("a sweep", () => {
  it("a sweep removes hand-offs and claims that are too old, and no others", async () => {
    const [old, claimed, young] = [1, 2, 3].map(() => hashSessionId(newId())) as [string, string, string];
    for (const each of [old, claimed, young]) await node().put(each, "sealed");
    await node().claim(claimed);
    writeFileSync(pathOf("x.node.b0.tmp"), "half");
    for (const name of [`${old}.json`, `${claimed}.claimed`, "x.node.b0.tmp"]) age(name, 11);
    age(`${young}.json`, 9);
    expect(await node().sweep(goOn)).toEqual({ seen: 4, removed: 3 });
    expect(readdirSync(pathOf(""))).toEqual([`${young}.json`]);
  });

  it("a sweep without a hand-off folder costs one listing", async () => {
    const calls: string[] = [];
    const counting = node((call, proceed) => {
      calls.push(call.name);
      return proceed();
    });
    expect(await counting.sweep(goOn)).toEqual({ seen: 0, removed: 0 });
    expect(calls).not.toContain("write");
  });
});
