import { toolParts } from "./calls/fold-calls";
import type { Part } from "./session/session";
import { sourcesIn } from "./sources";

/** The calls of an answer as Markdown: name, state, and the arguments as a block of JSON. */
export function markdownOfCalls(parts: readonly Part[]): string {
  return toolParts(parts)
    .map(({ toolName, state, input }) => {
      const json = JSON.stringify(input, null, 2) ?? "null";
      const fence = "`".repeat(Math.max(3, ...[...json.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1)));
      return `> \`${toolName}\`: ${state}\n\n${fence}json\n${json}\n${fence}`;
    })
    .join("\n\n");
}

/** The pages that an answer rests on as a numbered list. */
export function markdownOfSources(parts: readonly Part[]): string {
  return sourcesIn(parts)
    .map(({ url, title }, index) => {
      const address = url.replace(/[<>\s]/g, encodeURIComponent);
      return `${String(index + 1)}. ${title ? `${escaped(title)}: ` : ""}<${address}>`;
    })
    .join("\n");
}

/** A title on one line, which is no markup. */
const escaped = (title: string): string => title.replace(/\s+/g, " ").replace(/[\\`*_[\]<>#!|~]/g, "\\$&");
