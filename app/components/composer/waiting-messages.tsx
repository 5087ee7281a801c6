import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { ChatSession } from "~/browser/chat/chat-session";
import { queueRequestsOf } from "~/browser/chat/sending/queue-requests";
import { waitingOf, type ChatState, type PendingMessage } from "~/browser/chat/chat-state";
import { partsOf } from "~/browser/drafts/outbox";
import { andFocus } from "~/components/conversations/use-conversation-actions";
import { useFocusReturn } from "~/components/hooks/use-focus-return";
import { MessageEditor } from "~/components/messages/message-editor";
import { IconButton } from "~/components/primitives/icon-button";
import { DownIcon } from "~/components/primitives/icons";
import { DeleteIcon, EditIcon, UpIcon } from "~/components/primitives/more-icons";
import type { QueuedView } from "~/conversation/api";
import { attachmentParts } from "~/conversation/files/attachment";
import { plainText } from "~/conversation/reply/reply-text";
import { sentenceFor } from "~/i18n/user-error";
import { focusComposer } from "./focus-composer";

type Props = { app: ChatApp; chat: ChatSession; state: ChatState };

/** The messages that wait for the answer, above the composer. They can be edited, moved and removed. */
export function WaitingMessages({ app, chat, state }: Props) {
  const { t } = useTranslation();
  const waiting = waitingOf(state);
  const queue = queueRequestsOf(chat.requests);
  const pending = state.pending?.queue ? state.pending : null;
  const list = useRef<HTMLOListElement>(null);
  const [editingId, setEditingId] = useState<string | null>(null);
  const refocus = useRefocus(list, waiting);
  const count = waiting.length + (pending ? 1 : 0);
  if (count === 0) return null;

  function remove(id: string) {
    const undo = queue.remove(id);
    focusComposer();
    if (!undo) return;
    app.toasts.info((translate) => translate("queue.removed"), {
      label: (translate) => translate("deletion.undo"),
      act: undo,
    });
  }

  return (
    <section className="queue" aria-label={t("queue.label")}>
      <div className="queue__head">
        <p className="queue__status" role="status">
          {statusOf(t, state, count)}
        </p>
        {state.session?.queuePause && (
          <button
            type="button"
            className="button button--quiet"
            onClick={() => {
              queue.resume();
              focusComposer();
            }}
          >
            {t("queue.resume")}
          </button>
        )}
      </div>
      <ol className="queue__list" ref={list}>
        {waiting.map((item, index) => (
          <Item
            key={item.id}
            {...{ chat, item }}
            isEditing={editingId === item.id}
            setIsEditing={(isEditing) => setEditingId(isEditing ? item.id : null)}
            canMove={{ up: index > 0, down: index < waiting.length - 1 }}
            onMove={(by) => {
              refocus(item.id, by);
              queue.move(item.id, by);
            }}
            onEdit={(text) => queue.edit(item.id, text)}
            onRemove={() => remove(item.id)}
          />
        ))}
        {pending && <Unsent {...{ chat, pending }} />}
      </ol>
    </section>
  );
}

/** How many wait, and for what. */
function statusOf(t: TFunction, { session, live }: ChatState, count: number): string {
  const pause = session?.queuePause;
  if (pause) {
    const { code, message = "" } = pause;
    const isKnown = code === "stopped" || code === "failed" || code === "interrupted" || code === "restored";
    const why = isKnown ? t(`queue.pauses.${code}`) : sentenceFor(t, { code, message });
    return `${t("queue.paused", { count })} ${why}`;
  }
  const isUndecided = live !== null && session?.reply?.state === "waiting";
  return t(isUndecided ? "queue.undecided" : "queue.waits", { count });
}

type ItemProps = {
  chat: ChatSession;
  item: QueuedView;
  isEditing: boolean;
  setIsEditing: (isEditing: boolean) => void;
  canMove: { up: boolean; down: boolean };
  onMove: (by: -1 | 1) => void;
  onEdit: (text: string) => void;
  onRemove: () => void;
};

function Item({ chat, item, isEditing, setIsEditing, canMove, onMove, onEdit, onRemove }: ItemProps) {
  const { t } = useTranslation();
  const text = plainText(item.parts);
  const label = shownText(item);
  const files = attachmentParts(item.parts);
  // It may be sent or removed while it has the focus.
  const element = useFocusReturn<HTMLLIElement>();

  function onKeyDown(event: KeyboardEvent) {
    const by = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : null;
    if (!event.altKey || by === null || isEditing) return;
    event.preventDefault();
    if (by < 0 ? canMove.up : canMove.down) onMove(by);
  }

  function close() {
    setIsEditing(false);
    focusComposer();
  }

  if (isEditing) {
    return (
      <li className="queue__item" ref={element}>
        <MessageEditor
          text={text}
          kept={chat.edits.read(item.id)}
          mayBeEmpty={files.length > 0}
          isBusy={false}
          sendLabel={t("dialog.save")}
          onChange={(changed) => chat.edits.put(item.id, changed)}
          onSend={(changed) => {
            onEdit(changed);
            close();
          }}
          onCancel={() => {
            chat.edits.put(item.id, null);
            close();
          }}
          onClose={close}
        />
      </li>
    );
  }
  return (
    <li className="queue__item" ref={element} data-queued={item.id} onKeyDown={onKeyDown}>
      <span className="queue__text" dir="auto" title={label}>
        {label}
      </span>
      <span className="queue__buttons" role="group" aria-label={label}>
        {canMove.up && <IconButton label={t("queue.up")} icon={<UpIcon />} onClick={() => onMove(-1)} />}
        {canMove.down && <IconButton label={t("queue.down")} icon={<DownIcon />} onClick={() => onMove(1)} />}
        <IconButton label={t("message.edit")} icon={<EditIcon />} onClick={() => setIsEditing(true)} />
        <IconButton label={t("queue.remove")} icon={<DeleteIcon />} onClick={onRemove} />
      </span>
    </li>
  );
}

/** A message that the server does not have yet. */
function Unsent({ chat, pending }: { chat: ChatSession; pending: PendingMessage }) {
  const { t } = useTranslation();
  const label = shownText({ parts: partsOf(pending) });
  const { state, error, isWaiting } = pending;
  return (
    <li className="queue__item queue__item--unsent">
      <span className="queue__text" dir="auto" title={label}>
        {label}
      </span>
      {state !== "failed" || !error ? (
        <span className="queue__note">{t("message.sending")}</span>
      ) : (
        <span className="queue__buttons">
          <span className="queue__note">
            {`${t(isWaiting ? "message.notSentYet" : "message.notSent")} ${sentenceFor(t, error)}`}
          </span>
          <button type="button" className="button button--quiet" onClick={andFocus(chat.trySendingAgain)}>
            {t("message.tryAgain")}
          </button>
          <button type="button" className="button button--quiet" onClick={andFocus(chat.editUnsent)}>
            {t("message.edit")}
          </button>
        </span>
      )}
    </li>
  );
}

/** The text of a message in one line, with the names of its files. */
function shownText({ parts }: Pick<QueuedView, "parts">): string {
  const names = attachmentParts(parts).map(({ filename }) => `[${filename}]`);
  return [plainText(parts).replace(/\s+/g, " ").trim(), ...names].filter((each) => each !== "").join(" ");
}

/** Gives the focus back to the button that has moved a message, or to the other one where that is gone. */
function useRefocus(list: { readonly current: HTMLElement | null }, waiting: readonly QueuedView[]) {
  const moved = useRef<{ id: string; by: -1 | 1 } | null>(null);
  useEffect(() => {
    if (!moved.current) return;
    const { id, by } = moved.current;
    moved.current = null;
    const item = list.current?.querySelector(`[data-queued="${id}"]`);
    const buttons = [...(item?.querySelectorAll("button") ?? [])];
    const moves = buttons.slice(0, -2);
    (by < 0 ? moves.at(0) : moves.at(-1))?.focus();
  }, [list, waiting]);
  return (id: string, by: -1 | 1) => (moved.current = { id, by });
}
