import { CodeBlock } from "./code-block";
import { Diagram } from "./diagram";
import { Formula } from "./formula";

type Props = {
  code: string;
  language: string | null;
  /** What follows the language in the fence's first line, such as a file's name. */
  more?: string;
  /** It is still being written. */
  isOpen: boolean;
};

/** A fence: code, or a diagram or formula in the language of one. */
export function CodeFence({ code, language, more = "", isOpen }: Props) {
  const kind = language?.toLowerCase();
  if (kind === "mermaid") return <Diagram source={code} isOpen={isOpen} />;
  if (kind === "math") return <Formula tex={code} source={code} isDisplay isOpen={isOpen} />;
  return <CodeBlock code={code} language={language} more={more} />;
}
