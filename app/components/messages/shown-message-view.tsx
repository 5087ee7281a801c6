import type { ChatState, ShownMessage } from "~/browser/chat/chat-state";
import { partsOf } from "~/browser/drafts/outbox";
import type { ModelView } from "~/conversation/api";
import type { AssistantMessage as SettledReply, Message } from "~/conversation/session/session";
import type { versionsById } from "~/conversation/session/versions";
import { AssistantMessage } from "./assistant-message";
import type { Download } from "./file-image";
import type { MessageActions } from "./message-actions";
import { UserMessage } from "./user-message";

type Props = {
  item: ShownMessage;
  /** The last message of the branch. */
  isLast: boolean;
  state: ChatState;
  models: readonly ModelView[];
  versions: ReturnType<typeof versionsById>;
  /** Several models have answered, so that each answer names its own. */
  several: boolean;
  editingId: string | null;
  isBusy: boolean;
  /** Says which node writes an answer. */
  showsNodes: boolean;
  /** Whether reasoning is shown while it is written. */
  opensReasoning: boolean;
  download: Download;
  actions: MessageActions;
};

/** One message: settled, on its way, or being written. */
export function ShownMessageView(props: Props) {
  const { item } = props;
  if (item.kind === "live") return <Answer {...props} {...liveAnswer(item.reply)} />;
  if (item.kind === "pending") {
    const { id } = item.message;
    return <Question {...props} id={id} parts={partsOf(item.message)} sending={item.message} />;
  }
  const { message } = item;
  if (message.role === "user") {
    return <Question {...props} id={message.id} parts={message.parts} at={message.metadata.createdAt} />;
  }
  return <Answer {...props} {...settledAnswer(message, props)} />;
}

type QuestionProps = Props & {
  id: string;
  parts: Extract<Message, { role: "user" }>["parts"];
  /** When it was sent; undefined until it is settled. */
  at?: string;
  sending?: NonNullable<ChatState["pending"]>;
};

function Question(props: QuestionProps) {
  const { id, parts, at, sending, isLast, versions, editingId, isBusy, download, actions } = props;
  return (
    <UserMessage
      {...{ id, parts, at, download, isBusy, isLast, actions }}
      state={sending?.state ?? "settled"}
      error={sending?.error ?? null}
      isWaiting={sending?.isWaiting ?? false}
      version={versions.get(id)}
      isEditing={!sending && editingId === id}
    />
  );
}

type AnswerProps = Pick<
  Parameters<typeof AssistantMessage>[0],
  | "id"
  | "parts"
  | "status"
  | "error"
  | "isShortened"
  | "omissions"
  | "model"
  | "modelId"
  | "at"
  | "reasoningMs"
  | "progress"
>;

function Answer(props: Props & AnswerProps) {
  const { id, parts, status, error, isShortened, omissions, model, modelId, at, reasoningMs } = props;
  const { progress, isLast, isBusy, state, models, versions, actions, showsNodes, opensReasoning } = props;
  const { problem, session } = state;
  const writer = showsNodes && status === "streaming" ? session?.reply?.node?.split(".")[0] : undefined;
  return (
    <AssistantMessage
      {...{ id, parts, status, error, isShortened, omissions, model, modelId, at, reasoningMs }}
      {...{ isLast, isBusy, models, actions, writer, opensReasoning, progress }}
      download={props.download}
      problem={problem?.messageId === id ? problem.error : null}
      version={versions.get(id)}
    />
  );
}

type Live = Extract<ShownMessage, { kind: "live" }>["reply"];

function liveAnswer({ messageId, shown, progress }: Live): AnswerProps {
  return {
    id: messageId,
    parts: shown.parts,
    status: "streaming",
    error: undefined,
    isShortened: false,
    omissions: undefined,
    model: undefined,
    modelId: undefined,
    at: undefined,
    reasoningMs: undefined,
    progress,
  };
}

function settledAnswer(message: SettledReply, { models, several }: Props): AnswerProps {
  const { id, parts } = message;
  const { status, error, omittedMessages, omissions, modelId, createdAt, reasoningMs } = message.metadata;
  const name = models.find((each) => each.id === modelId)?.name ?? modelId;
  const isShortened = omittedMessages !== undefined;
  const answer = {
    id,
    parts,
    status,
    error,
    isShortened,
    omissions,
    modelId,
    reasoningMs,
    progress: undefined,
  };
  return { ...answer, model: several ? name : undefined, at: createdAt };
}
