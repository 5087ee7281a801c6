/** Amounts that other instances hold, by subject, such as the running replies of an address. */
export type HeldAmounts = {
  /** Replaces all amounts of an instance. */
  replace(instance: string, amounts: Readonly<Record<string, number>>): void;
  /** Changes some amounts of an instance; 0 removes a subject. */
  update(instance: string, amounts: Readonly<Record<string, number>>): void;
  /** The amount of a subject on all live instances. */
  sum(subject: string): number;
};

export function createHeldAmounts(isDead: (instance: string) => boolean): HeldAmounts {
  const instances = new Map<string, Map<string, number>>();
  return {
    replace: (instance, amounts) => void instances.set(instance, new Map(Object.entries(amounts))),
    update(instance, amounts) {
      const held = instances.get(instance) ?? new Map<string, number>();
      for (const [subject, amount] of Object.entries(amounts)) {
        if (amount > 0) held.set(subject, amount);
        else held.delete(subject);
      }
      instances.set(instance, held);
    },
    sum(subject) {
      let sum = 0;
      for (const [instance, held] of instances) {
        const amount = held.get(subject);
        if (amount === undefined) continue;
        // The replies of a dead node go on elsewhere, or not at all.
        if (isDead(instance)) instances.delete(instance);
        else sum += amount;
      }
      return sum;
    },
  };
}
