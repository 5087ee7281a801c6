import { CodeBlock } from "~/components/markdown/code/code-block";

type Props = { text: string };

/** The text of a question, with fenced code rendered as code. Other Markdown is shown as typed. */
export function QuestionWithCode({ text }: Props) {
  return (
    <div className="message__bubble message__bubble--code">
      {piecesOf(text).map(({ language, content }, index) =>
        language === undefined ? (
          <p key={index} dir="auto">
            {content}
          </p>
        ) : (
          <CodeBlock key={index} code={content} language={language || null} />
        ),
      )}
    </div>
  );
}

type Piece = { content: string; language?: string };

const FENCED = /^(`{3,})[ \t]*([^\s`]*)[^\n`]*\n([^]*?)(?:\n\1`*[ \t]*$|(?![^]))/gm;

/** `language`: only for code; empty if the fence names none. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  const say = (content: string) => {
    if (content.trim() !== "") pieces.push({ content: content.replace(/^\n+|\n+$/g, "") });
  };
  for (const match of text.matchAll(FENCED)) {
    say(text.slice(end, match.index));
    pieces.push({ language: match[2]!, content: match[3]! });
    end = match.index + match[0].length;
  }
  say(text.slice(end));
  return pieces;
}
