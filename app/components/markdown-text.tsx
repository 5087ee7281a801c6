import { memo, useEffect } from "react";
import { useObservable } from "~/browser/use-observable";
import { markdownBlocks } from "./markdown-blocks";
import { loadMarkdown, markdownModule } from "./markdown-loader";
import { mendMarkdown } from "./mend-markdown";

type Props = {
  text: string;
  /** It is being written, or was cut: its end may be half a word of Markdown. */
  isOpenEnded: boolean;
};

/** A text in Markdown; as it was written until the renderer is there. */
export const MarkdownText = memo(function MarkdownText({ text, isOpenEnded }: Props) {
  const renderer = useObservable(markdownModule);
  useEffect(() => void loadMarkdown(), []);
  if (!renderer) return <div className="prose prose--plain">{text}</div>;
  const blocks = markdownBlocks(text);
  return (
    <div className="prose">
      {blocks.map((block, index) => {
        const isOpen = isOpenEnded && index === blocks.length - 1;
        // Blocks only ever grow at the end, so their place is their identity.
        return <renderer.MarkdownBlock key={index} markdown={isOpen ? mendMarkdown(block) : block} />;
      })}
    </div>
  );
});
