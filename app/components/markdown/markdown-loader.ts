import { createObservable } from "~/browser/page/observable";

type MarkdownModule = typeof import("./markdown.client");

/**
 * The Markdown renderer, loaded after the page can be used. Not `React.lazy`, which shows its fallback for a moment
 * even if the module is loaded, so that the first answer would flicker.
 */
export const markdownModule = createObservable<MarkdownModule | null>(null);

let loading: Promise<void> | null = null;

export function loadMarkdown(): Promise<void> {
  loading ??= import("./markdown.client").then(
    (module) => markdownModule.set(module),
    () => {
      // Plain text is shown meanwhile; the next message loads it again.
      loading = null;
    },
  );
  return loading;
}
