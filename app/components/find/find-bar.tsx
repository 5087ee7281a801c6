import {
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type RefObject,
} from "react";
import { useTranslation } from "react-i18next";
import type { Find } from "~/browser/chat/chat-app";
import type { ShownMessage } from "~/browser/chat/chat-state";
import { findHits, firstHitFrom } from "~/browser/conversations/find-hits";
import { searchedText } from "~/browser/conversations/searched-text";
import { focusComposer } from "~/components/composer/focus-composer";
import { IconButton } from "~/components/primitives/icon-button";
import { isComposing } from "~/components/primitives/is-composing";
import { CloseIcon, DownIcon } from "~/components/primitives/icons";
import { UpIcon } from "~/components/primitives/more-icons";
import { messageInView, useFindMarks } from "./use-find-marks";

type Props = {
  find: Find;
  shown: readonly ShownMessage[];
  scroller: RefObject<HTMLElement>;
  /** Draws the message with this index, and brings it into view. */
  scrollTo: (index: number) => void;
  /** Stops following the end of the conversation. */
  letGo: () => void;
  onClose: () => void;
};

/** Finds words in all messages of the shown branch: the browser's own search sees only those that are drawn. */
export function FindBar({ find, shown, scroller, scrollTo, letGo, onClose }: Props) {
  const { t } = useTranslation();
  const field = useRef<HTMLInputElement>(null);
  const [query, setQuery] = useState(find.query);
  const [current, setCurrent] = useState(0);
  /** Index of the message from which on a longer query is looked for. */
  const [anchor, setAnchor] = useState(0);
  /** Counts how often a place was to be brought into view. */
  const [turn, setTurn] = useState(0);
  /** The search that has been brought to its first place. */
  const [begun, setBegun] = useState<Find | null>(null);
  const texts = useMemo(() => shown.map(searchedText), [shown]);
  const hits = useMemo(() => findHits(texts, query), [texts, query]);
  useFindMarks({ scroller, query, hits, current, turn, scrollTo, letGo });

  function go(index: number) {
    if (hits.length === 0) return;
    const next = (index + hits.length) % hits.length;
    setCurrent(next);
    setAnchor(hits[next]!.message);
    setTurn(turn + 1);
  }

  function change(text: string) {
    const from = query === "" ? messageInView(scroller.current) : anchor;
    setAnchor(from);
    setQuery(text);
    setCurrent(firstHitFrom(findHits(texts, text), from));
    setTurn(turn + 1);
  }

  const found = shown.findIndex((item) => idOf(item) === find.messageId);
  // The message of a hit may be on another branch, which is shown soon.
  if (begun !== find && (find.messageId === null || found >= 0)) {
    setBegun(find);
    if (find.messageId !== null) {
      setQuery(find.query);
      setCurrent(firstHitFrom(findHits(texts, find.query), found));
      setTurn(turn + 1);
    }
  }
  useLayoutEffect(() => {
    if (find.messageId !== null) return;
    field.current?.focus();
    // The next key replaces what was typed before.
    field.current?.select();
  }, [find]);

  useStepKeys((step) => go(current + step));

  function close() {
    onClose();
    focusComposer();
  }

  function onKeyDown(event: KeyboardEvent) {
    if (isComposing(event)) return;
    if (event.key === "Escape") close();
    else if (event.key === "Enter" && event.target === field.current) go(current + (event.shiftKey ? -1 : 1));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <search className="find" onKeyDown={onKeyDown}>
      <div className="find__box">
        <input
          ref={field}
          className="find__field"
          type="text"
          aria-label={t("find.label")}
          placeholder={t("find.label")}
          dir={query === "" ? undefined : "auto"}
          autoComplete="off"
          spellCheck={false}
          value={query}
          onChange={({ target }) => change(target.value)}
        />
        <span className="find__count" role="status">
          {query.trim() !== "" &&
            (hits.length === 0
              ? t("find.none")
              : t("find.count", { current: Math.min(current, hits.length - 1) + 1, total: hits.length }))}
        </span>
        <Buttons onStep={(step) => go(current + step)} onClose={close} />
      </div>
    </search>
  );
}

/** F3 and Ctrl+G go to the next place from wherever the focus is, with Shift to the one before. */
function useStepKeys(onStep: (step: 1 | -1) => void): void {
  useEffect(() => {
    function onKeyDown(event: globalThis.KeyboardEvent) {
      const isCtrlG = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "g";
      if ((event.key !== "F3" && !isCtrlG) || event.altKey) return;
      event.preventDefault();
      onStep(event.shiftKey ? -1 : 1);
    }
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  });
}

function Buttons({ onStep, onClose }: { onStep: (step: 1 | -1) => void; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <>
      <IconButton label={t("find.previous")} icon={<UpIcon />} onClick={() => onStep(-1)} />
      <IconButton label={t("find.next")} icon={<DownIcon />} onClick={() => onStep(1)} />
      <IconButton label={t("find.close")} icon={<CloseIcon />} onClick={onClose} />
    </>
  );
}

function idOf(item: ShownMessage): string {
  return item.kind === "live" ? item.reply.messageId : item.message.id;
}
