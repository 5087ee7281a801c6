import { createObservable } from "~/browser/page/observable";
import { fenceEnd, openedFence, readFence } from "./parsing/markdown-fences";

export type ArtifactKind = "html" | "svg";
export type Artifact = { kind: ArtifactKind; code: string };

/** The root of a document, behind its declarations and comments. */
const SVG = /^\s*(?:<(?:\?|!(?!--))[^>]*>\s*|<!--(?:[^-]|-(?!->))*-->\s*)*<svg[\s>]/i;

/** What a fenced block can be shown as; null where it is code alone. */
export function artifactKind(language: string | null, code: string): ArtifactKind | null {
  const name = language?.toLowerCase() ?? "";
  if (name === "html" || name === "htm") return "html";
  return name === "svg" || (name === "xml" && SVG.test(code)) ? "svg" : null;
}

/** The artifacts in texts of Markdown, in their order. Fences within lists and quotes are left out. */
export function artifactsIn(texts: readonly string[]): Artifact[] {
  const found: Artifact[] = [];
  for (const text of texts) {
    for (let at = 0; at < text.length;) {
      const fence = openedFence(text, at);
      const lineEnd = text.indexOf("\n", at);
      const end = fence ? fenceEnd(text, fence, false) : lineEnd === -1 ? text.length : lineEnd;
      if (fence) {
        const { code, language, isClosed } = readFence(text.slice(at, end), false);
        const kind = artifactKind(language, code);
        if (kind && isClosed) found.push({ kind, code });
      }
      at = end + 1;
    }
  }
  return found;
}

/** The document in which an artifact is shown. */
export function documentOf({ kind, code }: Artifact): string {
  return kind === "html" ? code : `<!doctype html><meta charset="utf-8"><body style="margin:0">${code}`;
}

/** The id of the block that is open beside the conversation. One is at a time. */
export const openArtifact = createObservable<string | null>(null);
