import { useState } from "react";
import { useTranslation } from "react-i18next";
import { lazyPart } from "~/components/primitives/lazy-part";

const QuestionWithCode = lazyPart(() =>
  import("./question-with-code").then(({ QuestionWithCode }) => QuestionWithCode),
);

/** Length above which only the beginning is shown, until a click shows all. */
const FOLDED_FROM = { lines: 24, characters: 2_400 };

/** The text of a question, as typed. */
export function QuestionText({ text }: { text: string }) {
  const { t } = useTranslation();
  const [isOpen, setIsOpen] = useState(false);
  const isLong = text.length > FOLDED_FROM.characters || text.split("\n").length > FOLDED_FROM.lines;
  const plain = (
    <p className="message__bubble" dir="auto">
      {text}
    </p>
  );
  return (
    <>
      <div className="message__question" data-folded={isLong && !isOpen}>
        {text.includes("```") ? (
          <QuestionWithCode text={text} placeholder={plain} onFailed={() => undefined} />
        ) : (
          plain
        )}
      </div>
      {isLong && (
        <button
          type="button"
          className="button button--quiet"
          aria-expanded={isOpen}
          onClick={() => setIsOpen(!isOpen)}
        >
          {isOpen ? t("markdown.showLess") : t("message.showAll")}
        </button>
      )}
    </>
  );
}
