import type { ChildProcess } from "node:child_process";
import { Experimental_StdioMCPTransport as StdioTransport } from "@ai-sdk/mcp/mcp-stdio";
import { isObject } from "~/conversation/is-object";
import type { MessageFilter } from "./message-filter";
import { cancellationOf, deliver } from "./tool-delivery";

type Transport = InstanceType<typeof StdioTransport>;
type StdioOptions = ConstructorParameters<typeof StdioTransport>[0];

export type ChildEvents = {
  /** Reads the messages of the child for the client. */
  read: MessageFilter["read"];
  /** Called when the child has ended. */
  onEnd: () => void;
  /** Bytes of one message. A child that sends a longer one is ended: the client would keep all of it. */
  maxLength: number;
};

/** A server of tools that is a child of this process. It knows whether a call was written to the child. */
export class DeliveringStdioTransport extends StdioTransport {
  readonly #events: ChildEvents;

  constructor(options: StdioOptions, events: ChildEvents) {
    // What the child writes to its standard error may contain secrets, and is not ours to log.
    super({ ...options, stderr: "ignore" });
    this.#events = events;
  }

  override async start(): Promise<void> {
    // The client has set its own handlers by now.
    const { onmessage, onclose } = this;
    const { read, onEnd, maxLength } = this.#events;
    this.onmessage = (message) => {
      const taken = read(message);
      if (taken) onmessage?.(taken);
    };
    this.onclose = () => {
      onclose?.();
      onEnd();
    };
    await super.start();
    const { process } = this as unknown as { process: ChildProcess | undefined };
    // Its own reader copies all that has come of a message with each piece, keeps a message of any length, and reports
    // lines that are no message, such as a greeting, as if the child had failed.
    process?.stdout?.removeAllListeners("data");
    process?.stdout?.on(
      "data",
      splitLines(maxLength, this.#readLine, () => void this.close()),
    );
  }

  readonly #readLine = (line: string) => {
    try {
      const message: unknown = JSON.parse(line);
      if (isObject(message)) this.onmessage?.(message as Parameters<Transport["send"]>[0]);
    } catch {
      // No message, or an answer that is not waited for any more.
    }
  };

  override async send(
    message: Parameters<Transport["send"]>[0],
    options?: { signal?: AbortSignal },
  ): Promise<void> {
    const { message: delivered, delivery } = deliver(message as object);
    const cancel = () => {
      if (!delivery || delivery.isOver) return;
      void super.send(cancellationOf(delivered) as typeof message).catch(() => undefined);
    };
    options?.signal?.addEventListener("abort", cancel, { once: true });
    try {
      await super.send(delivered as typeof message);
    } catch (error) {
      if (delivery) delivery.isSent = false;
      throw error;
    }
  }
}

/** Reads lines of at most so many bytes out of pieces. @param onTooLong called with each piece beyond that */
function splitLines(maxLength: number, onLine: (line: string) => void, onTooLong: () => void) {
  let pieces: Buffer[] = [];
  let length = 0;
  return (bytes: Buffer) => {
    let start = 0;
    for (let end; (end = bytes.indexOf("\n", start)) >= 0; start = end + 1) {
      onLine(Buffer.concat([...pieces, bytes.subarray(start, end)]).toString());
      pieces = [];
      length = 0;
    }
    length += bytes.length - start;
    if (length > maxLength) onTooLong();
    else pieces.push(bytes.subarray(start));
  };
}
