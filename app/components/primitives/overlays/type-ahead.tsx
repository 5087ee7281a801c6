import { useLayoutEffect, useRef, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { pageClock } from "~/browser/page/page-clock";
import { isComposing } from "~/components/primitives/is-composing";
import { isFocusedByPointer } from "./last-input";
import { restoreCaret } from "./restore-caret";
import { TypingIndicator } from "~/components/primitives/typing-indicator";

/** Text, and the key that was pressed after it, if any. */
type Typed = { text: string; key: string | null };
type Origin = { element: Element | null; isByPointer: boolean };

/** Keys that a part handles itself, besides those that edit text. */
const PART_KEYS = ["Enter", "ArrowDown", "ArrowUp"];
/** How long the text after a pressed Enter waits for the focus to move, in milliseconds. */
const FOCUS_MOVES_WITHIN_MS = 500;

let typedAhead: Typed[] = [];
let origin: Origin | null = null;

/**
 * Stands for a part that takes the focus while its code is loaded: an unseen modal dialog with a field for what is
 * typed, so that nothing reaches the page below. Escape, or a click, cancels. The part gets what was typed by
 * `replayTypedAhead`.
 */
export function TypeAhead({ onCancel }: { onCancel: () => void }) {
  const { t } = useTranslation();
  const dialog = useRef<HTMLDialogElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const typed = useRef<Typed[]>([]);

  useLayoutEffect(() => {
    const [modal, input, before] = [dialog.current!, field.current!, typed.current];
    const opener = focusOrigin();
    origin = opener;
    modal.showModal();
    input.focus();
    return () => {
      typedAhead = [...before, { text: input.value, key: null }];
      // Returns the focus, so that the part finds it where it was.
      modal.close();
      restoreCaret(opener.element);
      // A part that was cancelled, or could not be loaded, takes nothing.
      queueMicrotask(() => {
        typedAhead = [];
        origin = null;
      });
    };
  }, []);

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>) {
    if (isComposing(event)) return;
    if (event.key === "Tab") event.preventDefault();
    if (!PART_KEYS.includes(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    typed.current.push({ text: event.currentTarget.value, key: event.key });
    event.currentTarget.value = "";
  }

  function cancel() {
    restoreCaret(origin?.element);
    onCancel();
  }

  return (
    <dialog
      ref={dialog}
      className="type-ahead"
      aria-label={t("conversation.loading")}
      // For a back gesture, at once: the event of closing comes later, and the part may have replaced this by then.
      onCancel={cancel}
      onClose={cancel}
      // The second click of a double click is none.
      onClick={({ detail }) => detail < 2 && dialog.current?.close()}
    >
      {/* Without a touch screen's keyboard. */}
      <textarea ref={field} aria-label={t("conversation.loading")} inputMode="none" onKeyDown={onKeyDown} />
      <TypingIndicator />
    </dialog>
  );
}

/** The element that has the focus, or had it before what is opened now was loaded. */
export function focusOrigin(): Origin {
  const element = document.activeElement;
  if (origin?.element === element) return origin;
  return { element, isByPointer: isFocusedByPointer(element) };
}

/**
 * To be called in the layout effect of the part that replaces `TypeAhead`, after those of its elements. Types it where
 * the focus is by then, before the next key.
 */
export function replayTypedAhead(): void {
  const typed = typedAhead;
  if (typed.some(({ text, key }) => text !== "" || key !== null)) queueMicrotask(() => void replay(typed));
}

async function replay(typed: readonly Typed[]): Promise<void> {
  for (const [index, { text, key }] of typed.entries()) {
    if (text !== "") insert(text);
    if (key === null) continue;
    press(key);
    const isLast = typed.slice(index + 1).every((later) => later.text === "" && later.key === null);
    if (isLast) return;
    // The part may close, and what follows belongs to the field after it.
    if (key === "Enter") await focusMoved();
  }
}

/** As if it were typed: `input` events, and undo. A list takes letters as keys. */
function insert(text: string): void {
  const target = document.activeElement;
  if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) {
    document.execCommand("insertText", false, text);
  } else for (const key of text) press(key);
}

function press(key: string): void {
  const target = document.activeElement ?? document.body;
  const event = new window.KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  // Events of scripts have no default action.
  if (target.dispatchEvent(event) && key === "Enter" && target instanceof HTMLInputElement) {
    target.form?.requestSubmit();
  }
}

function focusMoved(): Promise<void> {
  return new Promise((resolve) => {
    const cancel = pageClock.after(FOCUS_MOVES_WITHIN_MS, done);
    document.addEventListener("focusin", done);
    function done() {
      cancel();
      document.removeEventListener("focusin", done);
      resolve();
    }
  });
}
