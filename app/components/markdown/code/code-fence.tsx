import { ArtifactButton } from "~/components/markdown/artifact-button";
import { artifactKind } from "~/components/markdown/artifacts";
import { CodeBlock } from "./code-block";
import { Diagram } from "~/components/markdown/diagrams/diagram";
import { Formula } from "~/components/markdown/formulas/formula";

type Props = {
  code: string;
  language: string | null;
  /** The text after the language in the first line of the fence, such as a file name. */
  more?: string;
  /** It is still being written. */
  isOpen: boolean;
};

/** A fenced block: code, or a diagram or formula by its language. */
export function CodeFence({ code, language, more = "", isOpen }: Props) {
  const kind = language?.toLowerCase();
  if (kind === "mermaid") return <Diagram source={code} isOpen={isOpen} />;
  if (kind === "math") return <Formula tex={code} source={`$$\n${code}\n$$`} isDisplay isOpen={isOpen} />;
  const artifact = isOpen ? null : artifactKind(language, code);
  return (
    <CodeBlock
      {...{ code, language, more }}
      actions={artifact && <ArtifactButton artifact={{ kind: artifact, code }} />}
    />
  );
}
