import type { TFunction } from "i18next";
import { useCallback, useId, useMemo, useRef, useState, type FocusEvent } from "react";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import {
  group,
  groupConversations,
  type ConversationGroup,
} from "~/browser/conversations/conversation-groups";
import type { Conversation } from "~/browser/conversations/conversation-list";
import { useObservable } from "~/browser/page/use-observable";
import { useToday } from "~/components/hooks/use-today";
import { ConversationRow } from "./conversation-row";
import { GroupHeading } from "./group-heading";
import { editTitle, type TitleEdit } from "./rename-field";
import {
  useConversationCommands,
  type OpenDialog,
} from "~/components/conversations/use-conversation-commands";
import type { Selection } from "./use-selection";
import { placeGroups, useVisibleRows } from "./use-visible-rows";

type Props = {
  app: ChatApp;
  /** The conversations to list, without archived ones. */
  list: readonly Conversation[];
  archived: readonly Conversation[];
  currentId: string;
  /** Whether the list is the result of a search: nothing is folded, and empty folders are left out. */
  isSearching: boolean;
  selection: Selection;
  /** Called when a conversation was chosen, perhaps the current one. */
  onChoose: () => void;
  onOpenDialog: OpenDialog;
};

/** The conversations, grouped by folders and by the time of their last message. */
export function ConversationList(props: Props) {
  const { app, list, archived, currentId, isSearching, selection, onChoose, onOpenDialog } = props;
  const { t, i18n } = useTranslation();
  const unread = useObservable(app.unread);
  const unsent = useObservable(app.unsent);
  const { folders } = useObservable(app.conversations);
  const unfolded = useObservable(app.unfolded);
  const today = useToday();
  const placed = useMemo(() => {
    const groups = groupConversations(list, today, folders);
    if (archived.length > 0) groups.push({ ...group("archived"), conversations: [...archived] });
    const shown = groups.filter(({ conversations }) => !isSearching || conversations.length > 0);
    return placeGroups(shown, (each) => !isSearching && isFoldable(each) && !unfolded.includes(each.key));
  }, [archived, folders, isSearching, list, today, unfolded]);
  const container = useRef<HTMLDivElement>(null);
  const [focusedId, setFocusedId] = useState<string | null>(null);
  const kept = [currentId, focusedId];
  const { groups, spaceAfter, measure } = useVisibleRows({ placed, container, kept });
  const id = useId();

  const open = useCallback(
    (conversationId: string) => {
      app.conversations.open(conversationId);
      onChoose();
    },
    [app, onChoose],
  );
  const { toggle, extend } = selection;
  const select = useCallback(
    (conversationId: string, isRange: boolean) => {
      const order = () => placed.flatMap(({ rows }) => rows.map((row) => row.id));
      return isRange ? extend(conversationId, order()) : toggle(conversationId);
    },
    [extend, placed, toggle],
  );
  const commands = useConversationCommands(app, onOpenDialog);
  const [renaming, setRenaming] = useState<{ id: string; edit: TitleEdit } | null>(null);
  const beginRenaming = useCallback(
    (known: Conversation) => setRenaming({ id: known.id, edit: editTitle(known.title) }),
    [],
  );
  const endRenaming = useCallback(
    (renamedId: string, wanted: string | null) => {
      setRenaming(null);
      if (wanted !== null) commands.rename(renamedId, wanted);
    },
    [commands],
  );
  const onFocus = ({ target }: FocusEvent) =>
    setFocusedId(target.closest<HTMLElement>("[data-id]")?.dataset.id ?? null);

  return (
    <div ref={container} onFocus={onFocus}>
      {groups.map(({ group: each, start, rows, spaceBefore, lines }) => (
        <section key={each.key} aria-labelledby={`${id}${each.key}`}>
          <GroupHeading
            app={app}
            group={each}
            name={nameOf(each, t, i18n.language)}
            id={`${id}${each.key}`}
            isFolded={!isSearching && isFoldable(each) ? !unfolded.includes(each.key) : null}
            index={start}
            spaceBefore={spaceBefore}
            measure={measure}
          />
          <ul>
            {lines.map(({ index, spaceBefore: space }) => {
              const conversation = rows[index - start - 1]!;
              return (
                <ConversationRow
                  key={conversation.id}
                  conversation={conversation}
                  isCurrent={conversation.id === currentId}
                  isUnread={unread.includes(conversation.id)}
                  isUnsent={unsent.includes(conversation.id)}
                  isSelected={selection.ids ? selection.ids.has(conversation.id) : null}
                  titleEdit={renaming?.id === conversation.id ? renaming.edit : null}
                  position={index - start}
                  total={rows.length}
                  index={index}
                  spaceBefore={space}
                  measure={measure}
                  onOpen={open}
                  onSelect={select}
                  onRename={beginRenaming}
                  onRenamed={endRenaming}
                  commands={commands}
                />
              );
            })}
          </ul>
        </section>
      ))}
      {spaceAfter > 0 && <div style={{ height: spaceAfter }} />}
    </div>
  );
}

function isFoldable({ kind }: ConversationGroup): boolean {
  return kind === "folder" || kind === "archived";
}

function nameOf({ kind, month, folder }: ConversationGroup, t: TFunction, language: string): string {
  if (folder) return folder.title;
  if (month) return new Intl.DateTimeFormat(language, { month: "long", year: "numeric" }).format(month);
  return kind === "month" || kind === "folder" ? "" : t(`list.groups.${kind}`);
}
