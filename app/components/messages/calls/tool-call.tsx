import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { DecisionBody } from "~/conversation/api";
import { isObject } from "~/conversation/is-object";
import { isFinal, isUndecided } from "~/conversation/calls/call-state";
import type { ToolPart } from "~/conversation/calls/tool-part";
import type { ToolProgress } from "~/conversation/calls/tool-progress";
import { attachmentParts } from "~/conversation/files/attachment";
import { useFocusReturn } from "~/components/hooks/use-focus-return";
import type { Download } from "~/components/messages/file-image";
import { MessageFiles } from "~/components/messages/message-files";
import { Disclosure } from "~/components/primitives/overlays/disclosure";
import { toolTitle } from "./tool-title";
import { ToolIcon } from "~/components/primitives/icons";

type Deciding = {
  /** @returns whether the decision was saved */
  onDecide: (decision: DecisionBody) => Promise<boolean>;
  /** Lets a tool run without asking in this conversation. @returns whether that was saved */
  onAllow: (toolName: string) => Promise<boolean>;
};

type Props = {
  call: ToolPart;
  /** How far it has come, if its server says so. */
  progress?: ToolProgress | undefined;
  download: Download;
} & Deciding;

/** A call of a tool: what is to be done, with what, and what became of it. The person decides here where that is needed. */
export function ToolCall({ call, progress, download, ...deciding }: Props) {
  const { t } = useTranslation();
  const { state, toolName } = call;
  const title = useId();
  // A call that changes nothing runs without a claim, and so in its first state.
  const shownState = progress && state === "input-available" ? "running" : state;
  return (
    <section className={`tool-call tool-call--${state}`} aria-labelledby={title}>
      <CallHead toolName={toolName} state={shownState} titleId={title} />
      {(state === "running" || progress) && !isFinal(call) && (
        <CallProgress progress={progress} titleId={title} />
      )}
      {isUndecided(call) ? (
        <Undecided key={`${state} ${String(call.attempt)}`} call={call} {...deciding} />
      ) : (
        <Disclosure className="tool-call__details" summary={t("tools.details")}>
          <Arguments input={call.input} />
          <Result call={call} />
        </Disclosure>
      )}
      <ResultFiles call={call} download={download} />
    </section>
  );
}

/** A bar without an end where the server does not say how much is left, or says nothing at all. */
function CallProgress({ progress, titleId }: { progress: ToolProgress | undefined; titleId: string }) {
  const { i18n } = useTranslation();
  const { progress: done = 0, total, message } = progress ?? {};
  const share = total === undefined ? null : Math.min(1, Math.max(0, done / total));
  const percent = share?.toLocaleString(i18n.language, { style: "percent" });
  const words = [percent, message].filter(Boolean).join(" · ");
  return (
    <div className="tool-call__progress">
      <progress aria-labelledby={titleId} aria-valuetext={words || undefined} value={share ?? undefined} />
      {words !== "" && (
        <p className="tool-call__note" dir="auto">
          {words}
        </p>
      )}
    </div>
  );
}

/** The name of the tool, its server, and the state of the call. */
export function CallHead({
  toolName,
  state,
  titleId,
}: Pick<ToolPart, "toolName" | "state"> & { titleId?: string }) {
  const { t } = useTranslation();
  const [server, name] = toolTitle(toolName);
  return (
    <header className="tool-call__head">
      <ToolIcon />
      <h3 className="tool-call__title" id={titleId}>
        {name}
      </h3>
      {server !== "" && <span className="tool-call__server">{server}</span>}
      <span className="tool-call__state" role="status">
        {t(`tools.states.${state}`)}
      </span>
    </header>
  );
}

/** The arguments, readable: one line for each, and JSON for what is not a text or a number. Malformed ones as they came. */
export function Arguments({ input }: { input: unknown }) {
  const { t } = useTranslation();
  if (typeof input === "string" && input !== "") {
    return (
      <p className="tool-call__malformed" dir="auto">
        {input}
      </p>
    );
  }
  const entries = typeof input === "object" && input !== null ? Object.entries(input) : [];
  if (entries.length === 0) return <p className="tool-call__note">{t("tools.noArguments")}</p>;
  return (
    <dl className="tool-call__arguments">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd dir="auto">{typeof value === "string" ? value : JSON.stringify(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Images of the result are shown, other files can be downloaded. */
function ResultFiles({ call: { output }, download }: { call: ToolPart; download: Download }) {
  const files = attachmentParts(output?.content ?? []);
  if (files.length === 0) return null;
  return (
    <div className="tool-call__files">
      <MessageFiles files={files} download={download} />
    </div>
  );
}

function Result({ call: { output, errorText } }: { call: ToolPart }) {
  const { t } = useTranslation();
  const texts = (output?.content ?? []).flatMap((item) => (item.type === "text" ? [item.text] : []));
  const structured = output?.structuredContent;
  if (structured !== undefined) texts.push(JSON.stringify(structured, null, 2));
  const text = errorText ?? texts.join("\n\n");
  if (text === "") return null;
  return (
    <pre className="tool-call__result" dir="auto" tabIndex={0} aria-label={t("tools.result")}>
      {text}
    </pre>
  );
}

/** The question to the person, and the buttons that answer it. */
function Undecided({ call, onDecide, onAllow }: { call: ToolPart } & Deciding) {
  const { t } = useTranslation();
  const [isBusy, setIsBusy] = useState(false);
  const [draft, setDraft] = useState<string | null>(null);
  const element = useFocusReturn<HTMLDivElement>();
  const isApproval = call.state === "approval-requested";
  const input = draft === null ? undefined : parseObject(draft);

  async function decide(decision: DecisionBody["decision"]) {
    setIsBusy(true);
    const edited = decision === "approve" && input ? { input } : {};
    // A saved one is read soon, with which the question goes.
    if (!(await onDecide({ toolCallId: call.toolCallId, attempt: call.attempt, decision, ...edited })))
      setIsBusy(false);
  }

  async function allow() {
    setIsBusy(true);
    if (await onAllow(call.toolName)) await decide("approve");
    else setIsBusy(false);
  }

  const button = (decision: DecisionBody["decision"]) => (
    <button
      type="button"
      className={`button ${decision === "approve" ? "button--primary" : ""}`}
      {...unless(isBusy || (decision === "approve" && input === null), () => void decide(decision))}
    >
      {t(`tools.decisions.${decision}`)}
    </button>
  );

  return (
    <div className="tool-call__question" ref={element}>
      {!isApproval && <p className="tool-call__note">{t("tools.unknown")}</p>}
      {draft === null ? (
        <Arguments input={call.input} />
      ) : (
        <ArgumentsEditor draft={draft} isValid={input !== null} onChange={setDraft} />
      )}
      <div className="tool-call__buttons">
        {isApproval ? (
          <>
            {button("approve")}
            {button("deny")}
            <button
              type="button"
              className="button"
              {...unless(isBusy || input === null, () => void allow())}
            >
              {t("tools.always")}
            </button>
            <button
              type="button"
              className="button"
              onClick={() => setDraft(draft === null ? JSON.stringify(call.input, null, 2) : null)}
            >
              {t(draft === null ? "tools.edit" : "tools.keep")}
            </button>
          </>
        ) : (
          <>
            {button("happened")}
            {button("retry")}
            {button("skip")}
          </>
        )}
      </div>
    </div>
  );
}

/** A disabled button would lose the focus. */
function unless(isDisabled: boolean, act: () => void) {
  return { "aria-disabled": isDisabled, onClick: isDisabled ? undefined : act };
}

type EditorProps = { draft: string; isValid: boolean; onChange: (draft: string) => void };

function ArgumentsEditor({ draft, isValid, onChange }: EditorProps) {
  const { t } = useTranslation();
  return (
    <>
      <textarea
        className="tool-call__editor"
        aria-label={t("tools.arguments")}
        aria-invalid={!isValid}
        dir="ltr"
        spellCheck={false}
        rows={Math.min(12, draft.split("\n").length + 1)}
        value={draft}
        onChange={({ target }) => onChange(target.value)}
      />
      {!isValid && (
        <p className="tool-call__problem" role="alert">
          {t("tools.notAnObject")}
        </p>
      )}
    </>
  );
}

/** Null for text that is not a JSON object. */
function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
