import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import { parseProgress, type Progress } from "~/conversation/calls/tool-progress";

/**
 * The delivery of one call to a server. The client of the AI SDK passes neither `_meta` nor word of what was sent, so the
 * transports below it read and write this.
 */
export type Delivery = {
  idempotencyKey: string;
  /** Whether the server may have received the call. */
  isSent: boolean;
  /** Whether the call has ended: there is nothing to cancel then. */
  isOver: boolean;
  /** Names the call in the server's notifications of progress. Random, so that no other server can name it. */
  progressToken: string;
  onProgress: (progress: Progress) => void;
};

export const newDelivery = ({
  idempotencyKey,
  onProgress,
}: Pick<Delivery, "idempotencyKey" | "onProgress">): Delivery => ({
  idempotencyKey,
  isSent: false,
  isOver: false,
  progressToken: randomUUID(),
  onProgress,
});

const deliveries = new AsyncLocalStorage<Delivery>();
/** The deliveries that have not ended, by their tokens. */
const running = new Map<string, Delivery>();

/** Runs a call. Messages that it sends belong to this delivery. */
export const withDelivery = <T>(delivery: Delivery, call: () => Promise<T>): Promise<T> => {
  running.set(delivery.progressToken, delivery);
  return deliveries.run(delivery, call).finally(() => {
    delivery.isOver = true;
    running.delete(delivery.progressToken);
  });
};

/** Passes the progress of a call on. Without effect for a call that has ended, or is none of this process. */
export function reportProgress(params: Record<string, unknown>): void {
  const delivery = typeof params.progressToken === "string" && running.get(params.progressToken);
  const progress = parseProgress(params);
  if (delivery && progress) delivery.onProgress(progress);
}

export type Message = { method?: string; id?: string | number; params?: Record<string, unknown> };

/** Marks the delivery of a `tools/call` message as sent, and adds its key and its token. Other messages are returned unchanged. */
export function deliver<M extends Message>(message: M): { message: M; delivery: Delivery | null } {
  const delivery = message.method === "tools/call" ? (deliveries.getStore() ?? null) : null;
  if (!delivery) return { message, delivery: null };
  delivery.isSent = true;
  const { idempotencyKey, progressToken } = delivery;
  const meta = { ...(message.params?._meta as object | undefined), idempotencyKey, progressToken };
  return { message: { ...message, params: { ...message.params, _meta: meta } }, delivery };
}

/** MCP's notification that the answer to a request is not awaited any more. */
export const cancellationOf = ({ id }: Message) => ({
  jsonrpc: "2.0" as const,
  method: "notifications/cancelled",
  params: { requestId: id, reason: "The person has stopped the answer." },
});
