import type { Part } from "./session/session";

export type Source = { url: string; title?: string | undefined };

/** The pages that an answer rests on, each once, in their order. */
export function sourcesIn(parts: readonly Part[]): Source[] {
  const byUrl = new Map<string, Source>();
  for (const part of parts) {
    if (part.type !== "source-url" || byUrl.has(part.url)) continue;
    const title = part.title?.trim();
    byUrl.set(part.url, { url: part.url, ...(title && { title }) });
  }
  return [...byUrl.values()];
}
