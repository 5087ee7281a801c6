import type { TFunction } from "i18next";
import { useEffect, useMemo, useState, type ComponentType } from "react";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import { modelFor } from "~/browser/chat/sending/model-choice";
import { isLongEnough, type Excerpt } from "~/browser/conversations/matching";
import { bestRank, ranked } from "~/browser/conversations/ranking";
import { createTextSearch, type TextHit, type TextSearch } from "~/browser/conversations/text-search";
import { COMMANDS } from "~/browser/page/commands";
import { SHORTCUTS, type Shortcut } from "~/browser/page/shortcuts";
import { useObservable } from "~/browser/page/use-observable";
import { THEMES } from "~/browser/storage/preferences";
import { COMMAND_LOOKS } from "~/components/primitives/command-looks";
import { PresetIcon } from "~/components/primitives/icons";
import { AppearanceIcon, ChatIcon, ModelIcon, SearchIcon } from "~/components/primitives/more-icons";

export type PaletteOption = {
  key: string;
  label: string;
  /** Other words by which it is found. */
  keywords?: string;
  Icon: ComponentType;
  shortcut?: Shortcut | undefined;
  excerpt?: Excerpt;
  /** The current one of several choices. */
  isChosen?: boolean;
  act: () => void;
};
type Group = { name: string; options: PaletteOption[] };
/** `index`: that of the option; -1 for a heading. */
export type PaletteRow =
  | { key: string; index: -1; name: string; option: null }
  | { key: string; index: number; option: PaletteOption };

type Options = {
  app: ChatApp;
  query: string;
  onOpened: () => void;
  onOpenHit: (hit: TextHit) => void;
};

/** What the query finds, in groups: the best first, and texts last, as they come in. */
export function usePaletteGroups({ app, query, onOpened, onOpenHit }: Options) {
  const { t } = useTranslation();
  const { list, archived } = useObservable(app.conversations);
  const isSearching = query.trim() !== "";
  const offered = useMemo(() => (isSearching ? [...list, ...archived] : list), [archived, isSearching, list]);
  const commands = useMemo(() => [...commandOptions(app, t), ...choiceOptions(app, t)], [app, t]);
  const conversations = useMemo(
    () =>
      offered.map(({ id, title }) => ({
        key: id,
        label: title || t("conversations.untitled"),
        Icon: ChatIcon,
        act() {
          app.conversations.open(id);
          onOpened();
        },
      })),
    [app, offered, onOpened, t],
  );
  const { hits, isRunning } = useTextHits(app, query);

  const titles = useMemo(() => new Map(offered.map(({ id, title }) => [id, title])), [offered]);
  const found = useMemo(() => {
    const found: Group[] = [
      { name: t("conversations.label"), options: ranked(conversations, query) },
      { name: t("palette.commands"), options: ranked(commands, query) },
    ];
    if (isSearching) found.sort((a, b) => bestRank(b.options, query) - bestRank(a.options, query));
    else found.reverse();
    return found;
  }, [commands, conversations, isSearching, query, t]);
  const groups = useMemo(() => {
    const texts = hits.map((hit): PaletteOption => ({
      key: `${hit.conversationId} ${hit.messageId}`,
      label: titles.get(hit.conversationId) || t("conversations.untitled"),
      Icon: SearchIcon,
      excerpt: hit,
      act: () => onOpenHit(hit),
    }));
    return [...found, { name: t("search.texts"), options: texts }].filter(
      ({ options }) => options.length > 0,
    );
  }, [found, hits, onOpenHit, t, titles]);
  return { groups, isSearching: isRunning };
}

export function rowsOf(groups: readonly Group[]): PaletteRow[] {
  let index = 0;
  return groups.flatMap(({ name, options }): PaletteRow[] => [
    { key: `group ${name}`, index: -1, name, option: null },
    ...options.map((option) => ({ key: `${name} ${option.key}`, index: index++, option })),
  ]);
}

/** Every command that is offered now, as by the menu of the open conversation. */
function commandOptions(app: ChatApp, t: TFunction): PaletteOption[] {
  return COMMANDS.filter((command) => command !== "palette" && app.commands.isOffered(command)).map(
    (command) => ({
      key: command,
      label: COMMAND_LOOKS[command].label(t),
      Icon: COMMAND_LOOKS[command].Icon,
      shortcut: SHORTCUTS.find(
        (shortcut) => shortcut.command === command && shortcut.place !== "outside-text",
      ),
      act: () => app.commands.run(command),
    }),
  );
}

/** The presets, the appearance of the page, and the model of the open conversation. */
function choiceOptions(app: ChatApp, t: TFunction): PaletteOption[] {
  const { theme } = app.preferences.getSnapshot();
  const themes = THEMES.map((value) => ({
    key: `theme ${value}`,
    label: t("palette.choice", { label: t("settings.theme"), value: t(`settings.themes.${value}`) }),
    keywords: t("palette.themeWords"),
    Icon: AppearanceIcon,
    isChosen: value === theme,
    act: () => app.preferences.change({ theme: value }),
  }));
  const chat = app.session(app.conversations.getSnapshot().currentId);
  const { pickedModelId, session } = chat.getSnapshot();
  const offers = app.models.getSnapshot();
  const modelId = modelFor(offers, [pickedModelId, session?.settings.modelId]);
  const models = offers.models.map(({ id, name }) => ({
    key: `model ${id}`,
    label: t("palette.choice", { label: t("model.label"), value: name }),
    Icon: ModelIcon,
    isChosen: id === modelId,
    act() {
      app.models.prefer(id);
      chat.pickModel(id);
    },
  }));
  const presets = app.presets.getSnapshot().list.map((preset) => ({
    key: `preset ${preset.id}`,
    label: t("palette.choice", { label: t("presets.startWith"), value: preset.name }),
    Icon: PresetIcon,
    act: () => app.startWith(preset),
  }));
  return [...presets, ...themes, ...(models.length > 1 ? models : [])];
}

/** One for the life of the page, since it keeps the conversations that it has read. */
let kept: TextSearch | null = null;

function useTextHits(app: ChatApp, query: string) {
  const [search] = useState(() => (kept ??= createTextSearch(app.api.session, app.clock)));
  const { query: searched, hits, isRunning } = useObservable(search);
  useEffect(() => {
    const { list, archived } = app.conversations.getSnapshot();
    const all = isLongEnough(query) ? [...list, ...archived] : [];
    const ids = all.flatMap(({ id, saved }) => (saved ? [id] : []));
    void search.search(query, ids);
    return search.cancel;
  }, [app, query, search]);
  // A search begins after its query is drawn.
  return searched === query ? { hits, isRunning } : { hits: NO_HITS, isRunning: true };
}

const NO_HITS: readonly TextHit[] = [];
