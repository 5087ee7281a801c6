import { defaultRangeExtractor, useVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import {
  useDeferredValue,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
} from "react";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { TextHit } from "~/browser/conversations/text-search";
import { Dialog } from "~/components/primitives/overlays/dialog";
import { isComposing } from "~/components/primitives/is-composing";
import { PaletteRow } from "./palette-row";
import { rowsOf, usePaletteGroups, type PaletteOption, type PaletteRow as Row } from "./palette-options";

type Props = {
  app: ChatApp;
  onClose: () => void;
  /** Called when a conversation was opened. */
  onOpened: () => void;
  onOpenHit: (hit: TextHit) => void;
};

/**
 * Everything by name: commands, conversations, and the texts in them. A combobox whose list is always open (ARIA: the
 * focus stays in the field), and of which only the rows in view are drawn.
 */
export function CommandPalette({ app, onClose, onOpened, onOpenHit }: Props) {
  const { t } = useTranslation();
  const [query, setQuery] = useState("");
  /** The key of the row that was gone to; null for the first. Others come in above it. */
  const [picked, setPicked] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  /** The query that the list shows: a fast typist is ahead of it. */
  const shown = useDeferredValue(query);
  const isEnterAwaited = useRef(false);
  const { groups, isSearching } = usePaletteGroups({ app, query: shown, onOpened, onOpenHit });
  const rows = useMemo(() => rowsOf(groups), [groups]);
  const options = useMemo(() => groups.flatMap((group) => group.options), [groups]);
  const pickedRow = rows.findIndex((row) => row.key === picked);
  const currentRow = pickedRow < 0 ? rows.findIndex((row) => row.index === 0) : pickedRow;
  const at = rows[currentRow]?.index ?? -1;
  // eslint-disable-next-line react-hooks/incompatible-library -- the result is used only in this render
  const virtualizer = useVirtualizer<HTMLDivElement, Element>({
    count: rows.length,
    getScrollElement: () => list.current,
    estimateSize: () => 44,
    getItemKey: (index) => rows[index]!.key,
    overscan: 6,
    // `aria-activedescendant` names an element that must exist.
    rangeExtractor: (range) => [...new Set([...defaultRangeExtractor(range), Math.max(0, currentRow)])],
  });

  // A dialog gives the focus to its first button, which closes it.
  useLayoutEffect(() => field.current?.focus(), []);

  function choose(option: PaletteOption | undefined) {
    if (!option) return;
    // The dialog is closed first: closing restores the focus, which the command may move after that.
    field.current?.closest("dialog")?.close();
    option.act();
  }

  useEffect(() => {
    if (!isEnterAwaited.current || shown !== query) return;
    isEnterAwaited.current = false;
    choose(options[at]);
  });

  const pick = (index: number) => setPicked(rows.find((row) => row.index === index)?.key ?? null);

  function move(to: number) {
    if (options.length === 0) return;
    const next = (to + options.length) % options.length;
    pick(next);
    virtualizer.scrollToIndex(next === 0 ? 0 : rows.findIndex((row) => row.index === next));
  }

  function onKeyDown(event: KeyboardEvent) {
    if (isComposing(event)) return;
    if (event.key === "ArrowDown") move(at + 1);
    else if (event.key === "ArrowUp") move(at - 1);
    else if (event.key === "Enter" && shown !== query) isEnterAwaited.current = true;
    else if (event.key === "Enter") choose(options[at]);
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
        aria-activedescendant={options[at] && `${id}-${at}`}
        aria-label={t("palette.label")}
        placeholder={t("palette.label")}
        autoComplete="off"
        spellCheck={false}
        value={query}
        onChange={({ target }) => {
          setQuery(target.value);
          setPicked(null);
          virtualizer.scrollToOffset(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div ref={list} className="palette__options" id={id} role="listbox" aria-label={t("commands.palette")}>
        <DrawnRows
          {...{ virtualizer, rows, id, at }}
          total={options.length}
          onPick={pick}
          onChoose={choose}
        />
      </div>
      <p className="palette__none" role="status">
        {options.length > 0 ? "" : t(isSearching ? "palette.searching" : "palette.none")}
      </p>
    </Dialog>
  );
}

type DrawnRowsProps = Pick<Parameters<typeof PaletteRow>[0], "id" | "total" | "onPick" | "onChoose"> & {
  virtualizer: Virtualizer<HTMLDivElement, Element>;
  rows: readonly Row[];
  /** Index of the current option. */
  at: number;
};

/** The rows in view. */
function DrawnRows({ virtualizer, rows, at, ...rest }: DrawnRowsProps) {
  return (
    <div role="presentation" style={{ height: virtualizer.getTotalSize() }}>
      {virtualizer.getVirtualItems().map(({ index, start }) => (
        <div
          key={rows[index]!.key}
          ref={virtualizer.measureElement}
          className="palette__row"
          role="presentation"
          data-index={index}
          style={{ transform: `translateY(${start}px)` }}
        >
          <PaletteRow row={rows[index]!} isCurrent={rows[index]!.index === at} {...rest} />
        </div>
      ))}
    </div>
  );
}
