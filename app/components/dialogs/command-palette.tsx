import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { TFunction } from "i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { Conversation } from "~/browser/conversations/conversation-list";
import { matches } from "~/browser/conversations/matching";
import { COMMANDS, SHORTCUTS } from "~/browser/page/shortcuts";
import { useObservable } from "~/browser/page/use-observable";
import { Dialog } from "~/components/primitives/dialog";
import { Keys } from "~/components/primitives/keys";

/** Limits the length of the list; a longer query finds the others. */
const MOST_CONVERSATIONS = 50;

type Option = { key: string; label: string; keys?: ReactNode; act: () => void };
type OptionGroup = { name: string; options: Option[] };
type Props = { app: ChatApp; onClose: () => void; onOpened: () => void };

/** Commands and conversations by name: a combobox whose list is always open (ARIA: the focus stays in the field). */
export function CommandPalette({ app, onClose, onOpened }: Props) {
  const { t } = useTranslation();
  const { list } = useObservable(app.conversations);
  const [query, setQuery] = useState("");
  const [picked, setPicked] = useState(0);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();

  // A dialog gives the focus to its first button, which closes it.
  useEffect(() => field.current?.focus(), []);

  const groups = useMemo(
    () => optionGroups({ app, list, query, t, onOpened }),
    [app, list, onOpened, query, t],
  );
  const options = groups.flatMap((group) => group.options);
  const current = options[Math.min(picked, options.length - 1)];
  const optionId = (option: Option) => `${id}-${options.indexOf(option)}`;

  function choose(option: Option | undefined) {
    if (!option) return;
    // The dialog is closed first: closing restores the focus, which the command may move after that.
    field.current?.closest("dialog")?.close();
    option.act();
  }

  function move(to: number) {
    if (options.length === 0) return;
    const next = (to + options.length) % options.length;
    setPicked(next);
    document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    const at = options.indexOf(current!);
    if (event.key === "ArrowDown") move(at + 1);
    else if (event.key === "ArrowUp") move(at - 1);
    else if (event.key === "Enter") choose(current);
    else return;
    event.preventDefault();
  }

  return (
    <Dialog title={t("commands.palette")} onClose={onClose} isWide className="palette">
      <input
        ref={field}
        className="palette__field"
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-autocomplete="list"
        aria-controls={id}
        aria-activedescendant={current && optionId(current)}
        aria-label={t("palette.label")}
        placeholder={t("palette.label")}
        autoComplete="off"
        spellCheck={false}
        value={query}
        onChange={({ target }) => {
          setQuery(target.value);
          setPicked(0);
        }}
        onKeyDown={onKeyDown}
      />
      <OptionList
        id={id}
        groups={groups}
        current={current}
        optionId={optionId}
        onPick={(option) => setPicked(options.indexOf(option))}
        onChoose={choose}
      />
      <p className="palette__none" role="status" hidden={options.length > 0}>
        {options.length === 0 && t("palette.none")}
      </p>
    </Dialog>
  );
}

type OptionListProps = {
  /** The id of the list box. */
  id: string;
  groups: readonly OptionGroup[];
  current: Option | undefined;
  optionId: (option: Option) => string;
  onPick: (option: Option) => void;
  onChoose: (option: Option) => void;
};

function OptionList({ id, groups, current, optionId, onPick, onChoose }: OptionListProps) {
  const { t } = useTranslation();
  return (
    <div className="palette__options" id={id} role="listbox" aria-label={t("commands.palette")}>
      {groups.map(({ name, options }, index) => (
        <div key={name} role="group" aria-labelledby={`${id}-group-${index}`}>
          <div className="palette__group" id={`${id}-group-${index}`} role="presentation">
            {name}
          </div>
          {options.map((option) => (
            <div
              key={option.key}
              id={optionId(option)}
              className="palette__option"
              role="option"
              aria-selected={option === current}
              onPointerMove={() => option !== current && onPick(option)}
              onClick={() => onChoose(option)}
            >
              <span className="palette__title" dir="auto">
                {option.label}
              </span>
              <span>{option.keys && <span aria-hidden="true">{option.keys}</span>}</span>
            </div>
          ))}
        </div>
      ))}
    </div>
  );
}

type GroupsOf = {
  app: ChatApp;
  list: readonly Conversation[];
  query: string;
  t: TFunction;
  onOpened: () => void;
};

/** The commands and conversations whose names match the query. */
function optionGroups({ app, list, query, t, onOpened }: GroupsOf): OptionGroup[] {
  const commands = COMMANDS.filter((command) => command !== "palette" && app.commands.isOffered(command))
    .map((command): Option => {
      const shortcut = SHORTCUTS.find((candidate) => candidate.command === command);
      return {
        key: command,
        label: t(`commands.${command}`),
        keys: shortcut && <Keys shortcut={shortcut} />,
        act: () => app.commands.run(command),
      };
    })
    .filter(({ label }) => matches(label, query));
  const conversations = list
    .map((conversation): Option => ({
      key: conversation.id,
      label: conversation.title || t("conversations.untitled"),
      act() {
        app.conversations.open(conversation.id);
        onOpened();
      },
    }))
    .filter(({ label }) => matches(label, query))
    .slice(0, MOST_CONVERSATIONS);
  const found = [
    { name: t("palette.commands"), options: commands },
    { name: t("conversations.label"), options: conversations },
  ];
  // Conversations come first once a query is typed: it is more likely to be for one of them.
  return (query.trim() === "" ? found : found.reverse()).filter(({ options }) => options.length > 0);
}
