import { Experimental_StdioMCPTransport as StdioTransport } from "@ai-sdk/mcp/mcp-stdio";
import type { MessageFilter } from "./message-filter";
import { cancellationOf, deliver } from "./tool-delivery";

type Transport = InstanceType<typeof StdioTransport>;
type StdioOptions = ConstructorParameters<typeof StdioTransport>[0];

export type ChildEvents = {
  /** Reads the messages of the child for the client. */
  read: MessageFilter["read"];
  /** Called when the child has ended. */
  onEnd: () => void;
};

/** A server of tools that is a child of this process. It knows whether a call was written to the child. */
export class DeliveringStdioTransport extends StdioTransport {
  readonly #events: ChildEvents;

  constructor(options: StdioOptions, events: ChildEvents) {
    // What the child writes to its standard error may contain secrets, and is not ours to log.
    super({ ...options, stderr: "ignore" });
    this.#events = events;
  }

  override start(): Promise<void> {
    // The client has set its own handlers by now.
    const { onmessage, onclose } = this;
    const { read, onEnd } = this.#events;
    this.onmessage = (message) => {
      const taken = read(message);
      if (taken) onmessage?.(taken);
    };
    this.onclose = () => {
      onclose?.();
      onEnd();
    };
    return super.start();
  }

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
