import { once } from "node:events";
import { connect } from "node:net";

type Row = (string | null)[];

/**
 * The part of PostgreSQL's protocol 3.0 that a benchmark needs: trusted, over a unix socket, one query at a time,
 * each parsed by the server once and from then on only executed.
 */
export async function connectPostgresql(path: string, user: string, database: string) {
  const socket = connect(path);
  await once(socket, "connect");
  let waiting: { resolve: (rows: Row[]) => void; reject: (error: Error) => void } | null = null;
  let rows: Row[] = [];
  let failure: Error | null = null;
  let received: Buffer = Buffer.alloc(0);

  function settle() {
    const call = waiting;
    const [answer, error] = [rows, failure];
    [waiting, rows, failure] = [null, [], null];
    if (error) call?.reject(error);
    else call?.resolve(answer);
  }

  socket.on("data", (bytes: Buffer) => {
    received = received.length === 0 ? bytes : Buffer.concat([received, bytes]);
    let at = 0;
    while (received.length >= at + 5) {
      const end = at + 1 + received.readUInt32BE(at + 1);
      if (received.length < end) break;
      const kind = String.fromCharCode(received[at]!);
      const body = received.subarray(at + 5, end);
      if (kind === "D") rows.push(readRow(body));
      else if (kind === "E") failure = new Error(body.toString("utf8").replaceAll("\0", " "));
      else if (kind === "Z") settle();
      at = end;
    }
    received = received.subarray(at);
  });
  socket.on("error", (error) => waiting?.reject(error));
  socket.on("close", () => waiting?.reject(failure ?? new Error("the server closed the connection")));

  function send(bytes: Buffer): Promise<Row[]> {
    return new Promise((resolve, reject) => {
      waiting = { resolve, reject };
      socket.write(bytes);
    });
  }

  const prepared = new Map<string, string>();
  await send(sized(int32(196_608), text("user"), text(user), text("database"), text(database), text("")));
  return {
    query(sql: string, values: string[]): Promise<Row[]> {
      const name = prepared.get(sql) ?? `q${prepared.size}`;
      const parse = prepared.has(sql) ? [] : [tagged("P", text(name), text(sql), int16(0))];
      prepared.set(sql, name);
      const parameters = values.flatMap((value) => [int32(Buffer.byteLength(value)), Buffer.from(value)]);
      const bind = [text(""), text(name), int16(0), int16(values.length), ...parameters, int16(0)];
      return send(
        Buffer.concat([...parse, tagged("B", ...bind), tagged("E", text(""), int32(0)), tagged("S")]),
      );
    },
    end: () => void socket.end(tagged("X")),
  };
}

function readRow(body: Buffer): Row {
  const row: Row = [];
  for (let column = 0, at = 2; column < body.readUInt16BE(0); column++) {
    const length = body.readInt32BE(at);
    at += 4;
    row.push(length < 0 ? null : body.toString("utf8", at, at + length));
    at += Math.max(0, length);
  }
  return row;
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

const text = (value: string): Buffer => Buffer.from(`${value}\0`);

/** A message with its length, which counts itself. */
function sized(...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([int32(body.length + 4), body]);
}

const tagged = (kind: string, ...parts: Buffer[]): Buffer =>
  Buffer.concat([Buffer.from(kind), sized(...parts)]);
