import { createServer } from "node:http";
import { createRequire, syncBuiltinESMExports } from "node:module";
import type { FileHandle } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { FileCall } from "../../fixtures/store/store-file-system.ts";
import { createCounter, sumOf } from "./counted-volume.ts";

/**
 * Preloaded into a node of the production build: counts its file calls under DATA_DIR, and lets each that would be a
 * request to an NFS server take ROUND_TRIP_MS longer. GET on COUNTS_PORT returns the counts so far.
 */
const { COUNTS_PORT, DATA_DIR = "", ROUND_TRIP_MS = "0" } = process.env;
const roundTripMs = Number(ROUND_TRIP_MS);
const { intercept, counts } = createCounter(() => (roundTripMs > 0 ? delay(roundTripMs) : null));

type Call = (this: unknown, ...args: unknown[]) => Promise<unknown>;

const fs = createRequire(import.meta.url)("node:fs/promises") as Record<string, Call>;
const paths = new WeakMap<object, string>();
const counted = (call: FileCall, proceed: () => Promise<unknown>) =>
  call.path.startsWith(DATA_DIR) ? intercept(call, proceed) : proceed();

const FOLDER_CALLS = ["readdir", "link", "rename", "unlink", "mkdir", "rm", "rmdir", "lstat", "statfs"];
const HANDLE_CALLS: Readonly<Record<string, string>> = {
  ...{ stat: "stat", read: "read", readFile: "read", writeFile: "write", write: "append" },
  ...{ appendFile: "append", sync: "sync", datasync: "sync" },
};

const open = fs.open!;
const any = (await open("/dev/null")) as FileHandle;
const prototype = Object.getPrototypeOf(any) as Record<string, Call>;
await any.close();

for (const name of FOLDER_CALLS) {
  const call = fs[name]!;
  fs[name] = (path, ...rest) => counted({ name, path: String(path), to: null }, () => call(path, ...rest));
}
fs.open = async (path, ...rest) => {
  const call = { name: "open", path: String(path), to: null };
  const handle = (await counted(call, () => open(path, ...rest))) as FileHandle;
  paths.set(handle, call.path);
  // Node makes `close` for each handle, not on the prototype.
  const close = handle.close;
  handle.close = () => counted({ ...call, name: "close" }, close) as Promise<void>;
  return handle;
};
for (const [method, name] of Object.entries(HANDLE_CALLS)) {
  const call = prototype[method]!;
  prototype[method] = function (...args) {
    const path = paths.get(this as object);
    const proceed = () => call.apply(this, args);
    return path === undefined ? proceed() : counted({ name, path, to: null }, proceed);
  };
}
syncBuiltinESMExports();

createServer((_, response) => response.end(JSON.stringify(sumOf(counts.values()))))
  .listen(Number(COUNTS_PORT), "127.0.0.1")
  .unref();
