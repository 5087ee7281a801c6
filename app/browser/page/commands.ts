/** Everything that the palette offers by name and the keyboard by shortcut, in this order. */
export const COMMANDS = [
  "new",
  "temporary",
  "compose",
  "find",
  "list",
  "previous",
  "next",
  "stop",
  "copy",
  "edit",
  "conversationSettings",
  "rename",
  "pin",
  "unpin",
  "folder",
  "archive",
  "unarchive",
  "select",
  "share",
  "move",
  "exportMarkdown",
  "exportJson",
  "print",
  "delete",
  "sidebar",
  "settings",
  "import",
  "palette",
  "help",
] as const;

export type CommandId = (typeof COMMANDS)[number];

/** `isByKey`: a shortcut was pressed, which an act leaves to the browser by returning false. */
type Act = (isByKey: boolean) => unknown;
type Acts = Partial<Record<CommandId, Act>>;

/** The commands that parts of the page offer to the keyboard and the palette. */
export type Commands = {
  /** Offers commands until the returned function is called. The latest offer of a command wins. */
  offer: (acts: Acts) => () => void;
  isOffered: (command: CommandId) => boolean;
  /** Runs a command. False if it is not offered, or leaves the key to the browser. */
  run: (command: CommandId, isByKey?: boolean) => boolean;
};

export function createCommands(): Commands {
  let offers: readonly Acts[] = [];
  const find = (command: CommandId) => offers.find((offer) => offer[command])?.[command];
  return {
    offer(acts) {
      offers = [acts, ...offers];
      return () => {
        offers = offers.filter((offer) => offer !== acts);
      };
    },
    isOffered: (command) => find(command) !== undefined,
    run(command, isByKey = false) {
      const act = find(command);
      return act !== undefined && act(isByKey) !== false;
    },
  };
}
