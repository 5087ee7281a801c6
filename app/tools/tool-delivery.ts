import { AsyncLocalStorage } from "node:async_hooks";

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
};

export const newDelivery = (idempotencyKey: string): Delivery => ({
  idempotencyKey,
  isSent: false,
  isOver: false,
});

const deliveries = new AsyncLocalStorage<Delivery>();

/** Runs a call. Messages that it sends belong to this delivery. */
export const withDelivery = <T>(delivery: Delivery, call: () => Promise<T>): Promise<T> =>
  deliveries.run(delivery, call).finally(() => (delivery.isOver = true));

export type Message = { method?: string; id?: string | number; params?: Record<string, unknown> };

/** Marks the delivery of a `tools/call` message as sent, and adds its key. Other messages are returned unchanged. */
export function deliver<M extends Message>(message: M): { message: M; delivery: Delivery | null } {
  const delivery = message.method === "tools/call" ? (deliveries.getStore() ?? null) : null;
  if (!delivery) return { message, delivery: null };
  delivery.isSent = true;
  const { idempotencyKey } = delivery;
  const meta = { ...(message.params?._meta as object | undefined), idempotencyKey };
  return { message: { ...message, params: { ...message.params, _meta: meta } }, delivery };
}

/** MCP's notification that the answer to a request is not awaited any more. */
export const cancellationOf = ({ id }: Message) => ({
  jsonrpc: "2.0" as const,
  method: "notifications/cancelled",
  params: { requestId: id, reason: "The person has stopped the answer." },
});
