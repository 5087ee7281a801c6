import { CodeBlock } from "./code-block";
import { Formula } from "./formula";

type Props = {
  code: string;
  language: string | null;
  /** It is still being written. */
  isOpen: boolean;
};

/** A fence: code, or a formula in the language of one. */
export function CodeFence({ code, language, isOpen }: Props) {
  const kind = language?.toLowerCase();
  if (kind === "math") return <Formula tex={code} source={code} isDisplay isOpen={isOpen} />;
  return <CodeBlock code={code} language={language} />;
}
