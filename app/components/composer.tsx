import { memo, useEffect, type KeyboardEvent, type MouseEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Draft } from "~/browser/draft";
import { useObservable } from "~/browser/use-observable";
import { COMPOSER_ID, focusComposer, isTouchScreen } from "./focus-composer";
import { SendIcon, StopIcon } from "./icons";
import { useGrowingTextarea } from "./use-growing-textarea";

type Props = {
  draft: Draft;
  canSend: boolean;
  isReplying: boolean;
  isStopping: boolean;
  /** As in the preferences. */
  enterSends: boolean;
  onSend: (text: string) => void;
  onStop: () => void;
};

export const Composer = memo(function Composer(props: Props) {
  const { draft, canSend, isReplying, isStopping, enterSends, onSend, onStop } = props;
  const { t } = useTranslation();
  const text = useObservable(draft);
  const textarea = useGrowingTextarea(text);
  const isReady = canSend && text.trim() !== "";

  useEffect(focusComposer, []);

  function send() {
    if (isReady) onSend(text);
    focusComposer();
  }

  function onKeyDown(event: KeyboardEvent) {
    const isComposing = event.nativeEvent.isComposing || event.keyCode === 229;
    if (event.key !== "Enter" || event.shiftKey || isComposing) return;
    const isCommand = event.ctrlKey || event.metaKey;
    // On a touch screen, Enter is the only way to break a line.
    if (!isCommand && (!enterSends || isTouchScreen())) return;
    event.preventDefault();
    send();
  }

  function onClick(event: MouseEvent) {
    if (!isReplying) return send();
    // The second click of a double click on Send lands here.
    if (event.detail < 2) onStop();
  }

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div className="composer__box">
        <textarea
          ref={textarea}
          id={COMPOSER_ID}
          className="composer__text"
          rows={1}
          dir="auto"
          aria-label={t("composer.label")}
          placeholder={t("composer.placeholder")}
          value={text}
          onChange={(event) => draft.set(event.target.value)}
          onKeyDown={onKeyDown}
        />
        {/* One element for both, so that the focus stays where it is. */}
        <button
          type="button"
          className="composer__button"
          aria-label={isReplying ? t("composer.stop") : t("composer.send")}
          aria-disabled={isReplying ? isStopping : !isReady}
          onClick={onClick}
        >
          {isReplying ? <StopIcon /> : <SendIcon />}
        </button>
      </div>
    </form>
  );
});
