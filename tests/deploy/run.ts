import { checkDeployment } from "./check-deployment.ts";
import { readFiles } from "./read-files.ts";

// npm run check-deploy: finds errors in copilot/, offline. Copilot and AWS would report them late, or never.

const problems = checkDeployment(readFiles());
for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  console.error(`\n${problems.length === 1 ? "1 problem" : `${problems.length} problems`} in copilot/.`);
  process.exitCode = 1;
} else {
  console.log("copilot/ is fit to be deployed.");
}
