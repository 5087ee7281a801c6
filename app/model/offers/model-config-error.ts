/** One line for each mistake in the configuration, each naming its variable. */
export class ModelConfigError extends Error {
  override readonly name = "ModelConfigError";
  readonly issues: readonly string[];

  constructor(issues: readonly string[]) {
    super(issues.join("\n"));
    this.issues = issues;
  }
}
