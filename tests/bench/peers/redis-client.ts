import { connect, type Socket } from "node:net";
import { once } from "node:events";

export type RedisReply = string | number | null | RedisReply[];

/** The part of RESP that a benchmark needs. Calls made together go out together, and are answered in order. */
export async function connectRedis(path: string) {
  const socket: Socket = connect(path);
  await once(socket, "connect");
  const waiting: { resolve: (reply: RedisReply) => void; reject: (error: Error) => void }[] = [];
  let received: Buffer = Buffer.alloc(0);

  socket.on("data", (bytes: Buffer) => {
    received = received.length === 0 ? bytes : Buffer.concat([received, bytes]);
    for (;;) {
      const parsed = parseReply(received, 0);
      if (!parsed) return;
      received = received.subarray(parsed.end);
      const call = waiting.shift()!;
      if (parsed.reply instanceof Error) call.reject(parsed.reply);
      else call.resolve(parsed.reply);
    }
  });
  socket.on("error", (error) => {
    for (const call of waiting.splice(0)) call.reject(error);
  });

  return {
    call(...words: string[]): Promise<RedisReply> {
      const bulk = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("");
      socket.write(`*${words.length}\r\n${bulk}`);
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    end: () => void socket.destroy(),
  };
}

/** Undefined while the reply is not whole. */
function parseReply(bytes: Buffer, from: number): { reply: RedisReply | Error; end: number } | undefined {
  const lineEnd = bytes.indexOf("\r\n", from);
  if (lineEnd < 0) return undefined;
  const line = bytes.toString("utf8", from + 1, lineEnd);
  const next = lineEnd + 2;
  switch (bytes[from]) {
    case 0x2b: // +
      return { reply: line, end: next };
    case 0x2d: // -
      return { reply: new Error(line), end: next };
    case 0x3a: // :
      return { reply: Number(line), end: next };
    case 0x24: // $
      return parseBulk(bytes, next, Number(line));
    case 0x2a: // *
      return parseArray(bytes, next, Number(line));
    default:
      return { reply: new Error("this is not RESP"), end: bytes.length };
  }
}

function parseBulk(bytes: Buffer, from: number, length: number) {
  if (length < 0) return { reply: null, end: from };
  const end = from + length;
  return bytes.length < end + 2 ? undefined : { reply: bytes.toString("utf8", from, end), end: end + 2 };
}

function parseArray(bytes: Buffer, from: number, length: number) {
  const reply: RedisReply[] = [];
  let end = from;
  for (let index = 0; index < length; index++) {
    const item = parseReply(bytes, end);
    if (!item) return undefined;
    if (item.reply instanceof Error) return item;
    reply.push(item.reply);
    end = item.end;
  }
  return { reply, end };
}
