import { useEffect, useMemo } from "react";
import type { ChatApp } from "~/browser/chat/chat-app";
import { groupConversations } from "~/browser/conversations/conversation-groups";
import { COMPOSER_ID, focusComposer } from "~/components/composer/focus-composer";

/** Moves the focus to the open conversation in the list, else to the first one. The Tab key goes on from there. */
function focusList() {
  const rows = [...document.querySelectorAll<HTMLElement>("nav .row__open")];
  (rows.find((row) => row.ariaCurrent === "true") ?? rows[0])?.focus();
}

type Options = {
  app: ChatApp;
  showSidebar: () => void;
  toggleSidebar: () => void;
  openSettings: () => void;
  openPalette: () => void;
  openHelp: () => void;
};

/** Offers the keyboard and the palette the commands that concern the whole page. */
export function usePageCommands(options: Options): void {
  const { app, showSidebar, toggleSidebar, openSettings, openPalette, openHelp } = options;
  const acts = useMemo(() => {
    const openBeside = (step: number) => {
      const { list, folders, currentId } = app.conversations.getSnapshot();
      const groups = groupConversations(list, new Date(app.clock.now()), folders);
      const ids = groups.flatMap(({ conversations }) => conversations);
      const index = ids.findIndex(({ id }) => id === currentId);
      const next = index < 0 ? (app.conversations.last() ?? ids[0]) : ids[index + step];
      if (next) app.conversations.open(next.id);
      focusComposer();
    };
    return {
      new() {
        app.conversations.startNew();
        focusComposer();
      },
      temporary() {
        app.toggleTemporary();
        focusComposer();
      },
      compose: () => document.getElementById(COMPOSER_ID)?.focus(),
      list() {
        showSidebar();
        requestAnimationFrame(focusList);
      },
      previous: () => openBeside(-1),
      next: () => openBeside(1),
      sidebar: toggleSidebar,
      settings: openSettings,
      // The settings have the button for files.
      import: openSettings,
      palette: openPalette,
      help: openHelp,
    };
  }, [app, openHelp, openPalette, openSettings, showSidebar, toggleSidebar]);
  useEffect(() => app.commands.offer(acts), [app, acts]);
}
