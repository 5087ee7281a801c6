import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { writeReadableStreamToWritable } from "@remix-run/node";
import { afterEach, describe, expect, it, vi } from "vitest";
import { realClocks } from "~/clocks";
import { createSlowUploadGuard } from "./slow-upload-guard";
import { eventStream } from "~/http/event-stream";
import { createRequestContexts, currentRequest, type RequestContextsOptions } from "./request-context";

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function serve(handle: RequestListener, options: Partial<RequestContextsOptions> = {}) {
  const cut = vi.fn();
  const requestContexts = createRequestContexts({
    addressOf: (request: IncomingMessage) => String(request.headers.from),
    maxForAddress: 0,
    exempt: "local",
    maxHeldBytes: 1_000_000,
    patienceMs: 300,
    slowUploadGuard: createSlowUploadGuard({
      ...realClocks,
      minBytesPerSecond: 1_000,
      graceMs: 60_000,
      everyMs: 100,
    }),
    onCut: cut,
    ...realClocks,
    ...options,
  });
  const server = createServer((request, response) => {
    if (!requestContexts.begin(request, response, () => handle(request, response)))
      response.writeHead(429).end();
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  /** A client that reads nothing until `resume`. */
  const ask = (from: string, method = "GET") => {
    const socket = connect(port, "127.0.0.1").on("error", () => undefined);
    sockets.push(socket);
    const body = method === "POST" ? "Content-Length: 2\r\n\r\nab" : "\r\n";
    socket.write(`${method} / HTTP/1.1\r\nHost: x\r\nFrom: ${from}\r\n${body}`);
    return socket;
  };
  return { ask, cut, port };
}

const PIECE = "x".repeat(10_000);

/** Streams without end, as a route does through Remix, and counts the pieces taken from its source. */
function endlessly(taken: { pieces: number }): RequestListener {
  return (_, response) => {
    async function* source() {
      for (;;) {
        taken.pieces += 1;
        yield { data: PIECE };
      }
    }
    const { signal } = currentRequest();
    const { body } = eventStream(source(), {
      signal,
      onFailure: vi.fn(),
      heartbeatMs: 10,
      timer: realClocks.timer,
    });
    void writeReadableStreamToWritable(body!, response);
  };
}

it("an answered request is not kept in memory by work that continues after it", async () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const answered: WeakRef<object>[] = [];
  const known: string[] = [];
  let goOn = () => {};
  const { ask } = await serve((request, response) => {
    answered.push(new WeakRef(request), new WeakRef(response));
    void new Promise<void>((resolve) => (goOn = resolve)).then(() => known.push(currentRequest().address));
    response.setHeader("Connection", "close").end();
  });
  await once(ask("a").resume(), "close");
  await expect
    .poll(() => {
      collectGarbage();
      return answered.map((ref) => ref.deref());
    })
    .toEqual([undefined, undefined]);
  // The continuing work still knows its address.
  goOn();
  await expect.poll(() => known).toEqual(["a"]);
});

describe("a client that does not read a stream", () => {
  it("a client that does not read a stream gets no more than fits its buffers, and is cut after the patience", async () => {
    const taken = { pieces: 0 };
    const { ask, cut } = await serve(endlessly(taken));
    const socket = ask("a");
    await expect.poll(() => cut).toHaveBeenCalledExactlyOnceWith("reads too slowly");
    // Beside MAX_WAITING_BYTES, the system's buffers of a connection hold some megabytes.
    expect(taken.pieces * PIECE.length).toBeLessThan(20_000_000);
    const atTheEnd = taken.pieces;
    socket.resume();
    await once(socket, "close");
    expect(taken.pieces).toBe(atTheEnd);
  });

  it("a client that does not read is also cut after its body was read", async () => {
    const read = async (request: IncomingMessage) => {
      for await (const _ of request);
    };
    const { ask, cut } = await serve((request, response) => {
      void read(request).then(() => endlessly({ pieces: 0 })(request, response));
    });
    const socket = ask("a", "POST");
    await expect.poll(() => cut).toHaveBeenCalledOnce();
    socket.resume();
    await once(socket, "close");
    expect(cut).toHaveBeenCalledOnce();
  });

  it("a client that reads again in time is not cut", async () => {
    const taken = { pieces: 0 };
    const { ask, cut } = await serve(endlessly(taken), { patienceMs: 20_000 });
    const socket = ask("a");
    let before = -1;
    while (before !== taken.pieces) {
      before = taken.pieces;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    let read = 0;
    socket.on("data", (bytes) => (read += bytes.length));
    await expect.poll(() => read).toBeGreaterThan(2 * before * PIECE.length);
    expect(cut).not.toHaveBeenCalled();
  });
});

describe("memory held for clients", () => {
  it("held memory is bounded for all requests together, at the cost of the address that holds most", async () => {
    const held: string[] = [];
    const { ask, cut } = await serve((request) => {
      currentRequest().hold(400_000);
      held.push(request.headers.from!);
    });
    const modest = ask("modest");
    await expect.poll(() => held).toHaveLength(1);
    const first = ask("greedy");
    await expect.poll(() => held).toHaveLength(2);
    expect(cut).not.toHaveBeenCalled();
    ask("greedy");
    await once(first, "close");
    expect(cut).toHaveBeenCalledExactlyOnceWith("too much is held");
    expect(modest.destroyed || modest.readableEnded).toBe(false);
  });

  it("held memory is bounded at the cost of a stalled body, not of a larger one that arrives", async () => {
    const complete: string[] = [];
    const { port, cut } = await serve((request, response) => {
      const requestContext = currentRequest();
      request.on("data", (bytes: Buffer) => requestContext.hold(bytes.length));
      request.on("end", () => {
        complete.push(request.headers.from!);
        response.end();
      });
    });
    const send = (from: string, length: number) => {
      const socket = connect(port, "127.0.0.1").on("error", () => undefined);
      sockets.push(socket);
      socket.write(`POST / HTTP/1.1\r\nHost: x\r\nFrom: ${from}\r\nContent-Length: ${length}\r\n\r\n`);
      return socket;
    };
    const stopped = send("a", 900_000);
    stopped.write("x".repeat(400_000));
    const closed = once(stopped, "close");
    const waits = send("b", 100_000);
    waits.write("x".repeat(50_000));
    await new Promise((resolve) => setTimeout(resolve, 600));
    waits.write("x".repeat(10_000));
    await new Promise((resolve) => setTimeout(resolve, 700));
    send("c", 700_000).write("x".repeat(700_000));
    await closed;
    waits.write("x".repeat(40_000));
    await expect.poll(() => complete.toSorted()).toEqual(["b", "c"]);
    expect(cut).toHaveBeenCalledExactlyOnceWith("too much is held");
  });

  it("held bytes no longer count when they are released or the request has ended", async () => {
    const { ask, cut } = await serve((_, response) => {
      currentRequest().hold(600_000)();
      currentRequest().hold(600_000);
      response.end();
    });
    for (let turn = 0; turn < 3; turn++) {
      const socket = ask("a");
      await once(socket, "data");
    }
    expect(cut).not.toHaveBeenCalled();
  });
});

describe("the body of a request", () => {
  it("the body of a request no longer counts while its response streams", async () => {
    const began: string[] = [];
    const { ask, cut } = await serve((request, response) => {
      currentRequest().hold(200_000);
      const release = currentRequest().hold(200_000);
      const { signal } = currentRequest();
      async function* silence() {
        await once(signal, "abort");
        yield { data: "" };
      }
      const { body } = eventStream(silence(), {
        signal,
        onFailure: vi.fn(),
        heartbeatMs: 10,
        timer: realClocks.timer,
      });
      release();
      currentRequest().hold(200_000);
      void writeReadableStreamToWritable(body!, response);
      began.push(request.headers.from!);
    });
    for (const from of ["a", "b", "c", "a"]) await once(ask(from), "data");
    expect(cut).not.toHaveBeenCalled();
    ask("a");
    await expect.poll(() => began).toHaveLength(5);
    expect(cut).toHaveBeenCalledExactlyOnceWith("too much is held");
  });
});

describe("requests of one address", () => {
  it("requests of one address over its limit are refused until others end; local ones never", async () => {
    const end: (() => void)[] = [];
    const { ask } = await serve((_, response) => end.push(() => response.end()), { maxForAddress: 2 });
    const answer = async (socket: Socket) => String((await once(socket, "data"))[0]).slice(9, 12);
    const open = [ask("a"), ask("a")];
    await expect.poll(() => end).toHaveLength(2);
    expect(await answer(ask("a"))).toBe("429");
    for (let count = 3; count <= 6; count++) {
      ask(count === 3 ? "b" : "local");
      await expect.poll(() => end).toHaveLength(count);
    }
    end[0]!();
    expect(await answer(open[0]!)).toBe("200");
    ask("a");
    await expect.poll(() => end).toHaveLength(7);
  });
});
