import { memo, useEffect, type ClipboardEvent, type KeyboardEvent, type MouseEvent } from "react";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { ChatSession } from "~/browser/chat/chat-session";
import type { AttachmentDraft } from "~/browser/drafts/attachment-draft";
import type { Draft } from "~/browser/drafts/draft";
import { useObservable, useReading } from "~/browser/page/use-observable";
import type { ModelView } from "~/conversation/api";
import type { Preset } from "~/browser/presets/presets";
import { AttachButton } from "./attach-button";
import { DraftAside } from "./draft-aside";
import { DraftFiles, useRefusal } from "./draft-files";
import { LazyMenuButton } from "./lazy-menu-button";
import type { Download } from "~/components/messages/file-image";
import { COMPOSER_ID, focusComposer, isSendKey } from "./focus-composer";
import { PresetIcon, SendIcon, StopIcon, ToolIcon } from "~/components/primitives/icons";
import { lazyPart } from "~/components/primitives/lazy-part";
import { useDraftField } from "./use-draft-field";

const PresetMenu = lazyPart(() => import("./preset-menu").then(({ PresetMenu }) => PresetMenu));
const ToolsMenu = lazyPart(() => import("./tools-menu").then(({ ToolsMenu }) => ToolsMenu));

type Props = {
  draft: Draft;
  files: AttachmentDraft;
  /** A new conversation can begin with one of them. */
  presets: readonly Preset[];
  onPreset: (preset: Preset) => void;
  /** Called when the code of a menu could not be loaded. */
  onFailed: (error: unknown) => void;
  download: Download;
  /** Whose tools can be chosen here; null where there are none. */
  tools: { app: ChatApp; chat: ChatSession; onMore: () => void } | null;
  /** The model that is asked next. */
  model: ModelView | undefined;
  canSend: boolean;
  /** The message can wait for the answer that is being written. */
  canQueue: boolean;
  isReplying: boolean;
  isStopping: boolean;
  /** Whether messages wait for the answer. */
  hasQueue: boolean;
  /** See Preferences. */
  enterSends: boolean | null;
  onSend: (text: string) => void;
  onStop: () => void;
};

export const Composer = memo(function Composer(props: Props) {
  const { draft, files, download, model, canSend, canQueue } = props;
  const { isReplying, isStopping, enterSends, onSend, onStop } = props;
  const { t } = useTranslation();
  const textarea = useDraftField(draft);
  const hasWords = useReading(draft, (text) => text.trim() !== "");
  const attached = useObservable(files);
  const refused = useRefusal(attached, model);
  const isUploaded = attached.every(({ state }) => state === "uploaded");
  const hasContent = hasWords || attached.length > 0;
  const isReady = (canSend || canQueue) && hasContent && isUploaded && refused === null;

  useEffect(focusComposer, []);

  function send() {
    if (isReady) onSend(draft.getSnapshot());
    focusComposer();
  }

  function onKeyDown(event: KeyboardEvent) {
    if (!isSendKey(event, enterSends)) return;
    event.preventDefault();
    send();
  }

  /** If the clipboard has text and files, the text is pasted: a copied table is also there as a picture. */
  function onPaste(event: ClipboardEvent) {
    const { clipboardData } = event;
    if (clipboardData.files.length === 0 || clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    files.add([...clipboardData.files]);
  }

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <DraftAside draft={draft} />
      <div className="composer__box">
        <DraftFiles
          files={attached}
          draft={files}
          download={download}
          refused={refused}
          onRemoved={focusComposer}
          onFailed={props.onFailed}
        />
        <div className="composer__row">
          <AttachButton
            hint={hintFor(t, model)}
            onFiles={(chosen) => {
              files.add(chosen);
              focusComposer();
            }}
          />
          <Menus {...props} />
          <textarea
            ref={textarea}
            id={COMPOSER_ID}
            className="composer__text"
            rows={1}
            dir="auto"
            aria-label={t("composer.label")}
            placeholder={t("composer.placeholder")}
            onInput={(event) => draft.set(event.currentTarget.value)}
            onKeyDown={onKeyDown}
            onPaste={onPaste}
          />
          <Buttons
            {...{ isReplying, isStopping, isReady }}
            canQueue={isReplying && canQueue && hasContent}
            stopLabel={t(props.hasQueue ? "queue.stop" : "composer.stop")}
            onSend={send}
            onStop={onStop}
          />
        </div>
      </div>
    </form>
  );
});

/** What a conversation begins with, and the tools that it uses. */
function Menus({
  presets,
  onPreset,
  tools,
  onFailed,
}: Pick<Props, "presets" | "onPreset" | "tools" | "onFailed">) {
  const { t } = useTranslation();
  return (
    <>
      {presets.length > 0 && (
        <LazyMenuButton
          label={t("presets.startWith")}
          icon={<PresetIcon />}
          menu={PresetMenu}
          options={{ presets, onChoose: onPreset }}
          onFailed={onFailed}
        />
      )}
      {tools && (
        <LazyMenuButton
          label={t("tools.label")}
          icon={<ToolIcon />}
          menu={ToolsMenu}
          options={tools}
          onFailed={onFailed}
        />
      )}
    </>
  );
}

type ButtonsProps = {
  isReplying: boolean;
  isStopping: boolean;
  isReady: boolean;
  /** There is something to be sent after the answer. */
  canQueue: boolean;
  stopLabel: string;
  onSend: () => void;
  onStop: () => void;
};

function Buttons({ isReplying, isStopping, isReady, canQueue, stopLabel, onSend, onStop }: ButtonsProps) {
  const { t } = useTranslation();

  function onClick(event: MouseEvent) {
    if (!isReplying) return onSend();
    // Ignores the second click of a double click on Send.
    if (event.detail < 2) onStop();
    focusComposer();
  }

  return (
    <>
      {canQueue && (
        <button
          type="button"
          className="composer__button"
          aria-label={t("queue.send")}
          title={t("queue.send")}
          aria-disabled={!isReady}
          onClick={onSend}
        >
          <SendIcon />
        </button>
      )}
      {/* One element for both states, so that it keeps the focus. */}
      <button
        type="button"
        className="composer__button"
        aria-label={isReplying ? stopLabel : t("composer.send")}
        aria-disabled={isReplying ? isStopping : !isReady}
        onClick={onClick}
      >
        {isReplying ? <StopIcon /> : <SendIcon />}
      </button>
    </>
  );
}

/** What the button for files says of those that the model does not take. */
function hintFor(t: TFunction, model: ModelView | undefined): string | null {
  if (!model || model.accepts.length === 2) return null;
  const { name, accepts } = model;
  if (accepts.length === 0) return t("attachment.onlyText", { model: name });
  return t(accepts.includes("image") ? "attachment.noDocumentsHint" : "attachment.noImagesHint", {
    model: name,
  });
}
