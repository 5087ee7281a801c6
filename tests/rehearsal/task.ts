export type Exit = { code: number | null; signal: NodeJS.Signals | null };

/** One running container, or the process that stands for it. */
export type Task = {
  readonly id: string;
  /** Where the load balancer finds it. */
  readonly url: string;
  /** Settles when it accepts connections. Rejects where it ended before. */
  readonly listening: Promise<void>;
  readonly exited: Promise<Exit>;
  output(): string;
  signal(signal: "SIGTERM" | "SIGKILL"): void;
};

/** Starts a task with these variables besides what its image says. */
export type LaunchTask = (variables: Readonly<Record<string, string>>) => Promise<Task>;
