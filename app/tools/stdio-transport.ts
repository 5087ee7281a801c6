import { Experimental_StdioMCPTransport as StdioTransport } from "@ai-sdk/mcp/mcp-stdio";
import { cancellationOf, deliver } from "./tool-delivery";

type Transport = InstanceType<typeof StdioTransport>;
type StdioOptions = ConstructorParameters<typeof StdioTransport>[0];

/** A server of tools that is a child of this process. It knows whether a call was written to the child. */
export class DeliveringStdioTransport extends StdioTransport {
  constructor(options: StdioOptions) {
    // What the child writes to its standard error may contain secrets, and is not ours to log.
    super({ ...options, stderr: "ignore" });
  }

  override async send(
    message: Parameters<Transport["send"]>[0],
    options?: { signal?: AbortSignal },
  ): Promise<void> {
    const { message: delivered, delivery } = deliver(message as object);
    options?.signal?.addEventListener(
      "abort",
      () => void super.send(cancellationOf(delivered) as typeof message).catch(() => undefined),
      { once: true },
    );
    try {
      await super.send(delivered as typeof message);
    } catch (error) {
      if (delivery) delivery.isSent = false;
      throw error;
    }
  }
}
