/** How much a model reasons before it answers, from not at all to the most. As in the AI SDK. */
export const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh"] as const;

export type Effort = (typeof EFFORTS)[number];

/** Checks a value from the browser's storage. */
export function isEffort(value: unknown): value is Effort {
  return (EFFORTS as readonly unknown[]).includes(value);
}
