import type { CommandId } from "./shortcuts";

type Acts = Partial<Record<CommandId, () => void>>;

/** What the parts of the page offer to do, for the keyboard and the palette. */
export type Commands = {
  /** Offers some commands until the returned function is called. The latest offer of a command counts. */
  offer: (acts: Acts) => () => void;
  isOffered: (command: CommandId) => boolean;
  /** False where nobody offers it. */
  run: (command: CommandId) => boolean;
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
    run(command) {
      const act = find(command);
      act?.();
      return act !== undefined;
    },
  };
}
