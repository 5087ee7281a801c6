import { EventEmitter } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { captureOutput } from "./capture-output";
import { createLog } from "./create-log";

function start(level = "info") {
  const written: string[] = [];
  const stream = { write: (line: string) => void written.push(line) };
  const log = createLog({ level, node: "one", readable: false, stream });
  const lines = () => written.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log, written, lines };
}

describe("the log", () => {
  it("a log line is a JSON object with the name of the level and the node", () => {
    const { log, written } = start();
    log.info({ status: "complete" }, "the reply has\nsettled");
    expect(written).toHaveLength(1);
    expect(written[0]).toMatch(/^[^\n]*\n$/);
    expect(JSON.parse(written[0]!)).toEqual({
      ...{ level: "info", time: expect.any(Number) as number, node: "one" },
      ...{ status: "complete", msg: "the reply has\nsettled" },
    });
  });

  it("a log line has message and stack of an error, but no other fields", () => {
    const { log, lines } = start();
    const cause = Object.assign(new Error("the inner reason"), { requestBodyValues: "my secret diary" });
    log.error({
      err: Object.assign(new Error("it failed", { cause }), {
        ...{ code: "EIO", statusCode: 503, requestId: "r-1", responseBody: "my secret diary" },
      }),
    });
    expect(lines()[0]!.err).toMatchObject({
      ...{ type: "Error", message: "it failed: the inner reason" },
      ...{ stack: expect.stringContaining("log.test.ts") as string },
      ...{ code: "EIO", statusCode: 503, requestId: "r-1" },
    });
    expect(JSON.stringify(lines())).not.toContain("secret");
  });
});

describe("captured output", () => {
  function capture(level = "debug") {
    const { log, lines } = start(level);
    const others = { log: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn(), debug: vi.fn() };
    const process = Object.assign(new EventEmitter(), { exit: vi.fn() });
    const nodesOwn = vi.fn();
    process.on("warning", nodesOwn);
    captureOutput(log, { console: others, process: process as never });
    return { others: others as unknown as Console, process, nodesOwn, lines };
  }

  it("a log line is written whatever was thrown", () => {
    const { log, lines } = start();
    for (const thrown of ["a string", undefined, null, { code: "EIO" }])
      log.warn({ err: thrown }, "it failed");
    expect(lines().map(({ msg }) => msg)).toEqual(Array(4).fill("it failed"));
    expect(lines()[0]!.err).toMatchObject({ message: "a string" });
  });

  it("console output becomes a log line at its level", () => {
    const { others, lines } = capture();
    others.log("listens at %s", "http://x");
    others.warn("a", { b: 1 });
    others.error(new Error("broken"));
    expect(lines()).toMatchObject([
      { level: "info", msg: "listens at http://x" },
      { level: "warn", msg: "a { b: 1 }" },
      { level: "error", msg: "broken", err: { message: "broken" } },
    ]);
  });

  it("console output of undefined is dropped, as when remix-serve has closed without an error", () => {
    const { others, lines } = capture();
    others.error(undefined);
    expect(lines()).toEqual([]);
  });

  it("captured output obeys the log level", () => {
    const { others, lines } = capture("error");
    others.log("listens");
    others.warn("hm");
    expect(lines()).toEqual([]);
  });

  it("Node's warnings become log lines, and are not printed by Node", () => {
    const { process, nodesOwn, lines } = capture();
    process.emit("warning", new Error("a leak, perhaps"));
    expect(nodesOwn).not.toHaveBeenCalled();
    expect(lines()).toMatchObject([{ level: "warn", err: { message: "a leak, perhaps" } }]);
  });

  it("an uncaught exception is logged, and the process exits with code 1", () => {
    const { process, lines } = capture();
    process.emit("uncaughtException", new Error("nobody saw it come"));
    expect(lines()).toMatchObject([{ level: "fatal", err: { message: "nobody saw it come" } }]);
    expect(process.exit).toHaveBeenCalledWith(1);
  });
});
