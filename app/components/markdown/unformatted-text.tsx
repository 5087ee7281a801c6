import { useTranslation } from "react-i18next";

type Props = {
  text: string;
  /** The reason for the missing formatting: it would take too long, or failed. */
  why: "beyondBounds" | "failed";
};

/** UTF-16 units that are laid out at a time, and only near the view. */
const PIECE_LENGTH = 4_000;

/** The source text, with a note that it is not formatted. Uses nothing that could fail. */
export function UnformattedText({ text, why }: Props) {
  const { t } = useTranslation();
  return (
    <div className="unformatted">
      <p className="unformatted__note">
        {why === "failed" ? t("markdown.notFormatted") : t("markdown.beyondBounds")}
      </p>
      <div className="unformatted__text">
        {piecesOfText(text).map((piece, index) => (
          <div key={index} dir="auto" className="unformatted__piece">
            {piece}
          </div>
        ))}
      </div>
    </div>
  );
}

/** The text in pieces, cut at a line end or a space if there is one near. */
function piecesOfText(text: string): string[] {
  const pieces: string[] = [];
  for (let from = 0; from < text.length;) {
    let to = Math.min(text.length, from + PIECE_LENGTH);
    if (to < text.length) {
      const window = text.slice(from, to);
      const cut = Math.max(window.lastIndexOf("\n"), window.lastIndexOf(" ")) + 1;
      if (cut > PIECE_LENGTH / 2) to = from + cut;
      else if (/[\uD800-\uDBFF]$/.test(window)) to -= 1;
    }
    pieces.push(text.slice(from, to));
    from = to;
  }
  return pieces;
}
