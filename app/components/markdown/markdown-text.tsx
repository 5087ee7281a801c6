import { memo, useEffect } from "react";
import { useObservable } from "~/browser/page/use-observable";
import type { TextEnding } from "./markdown.client";
import { markdownModule } from "./markdown-loader";

type Props = { text: string; ending: TextEnding };

/** A text in Markdown; its source until the renderer is loaded. */
export const MarkdownText = memo(function MarkdownText({ text, ending }: Props) {
  const renderer = useObservable(markdownModule);
  useEffect(() => void markdownModule.load(), []);
  if (!renderer) {
    return (
      <div className="prose prose--plain" dir="auto">
        {text}
      </div>
    );
  }
  return (
    <div className="prose">
      <renderer.Markdown text={text} ending={ending} />
    </div>
  );
});
