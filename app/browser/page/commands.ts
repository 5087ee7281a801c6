import type { CommandId } from "./shortcuts";

type Acts = Partial<Record<CommandId, () => void>>;

/** The commands that parts of the page offer to the keyboard and the palette. */
export type Commands = {
  /** Offers commands until the returned function is called. The latest offer of a command wins. */
  offer: (acts: Acts) => () => void;
  isOffered: (command: CommandId) => boolean;
  /** Runs a command. False if it is not offered. */
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
