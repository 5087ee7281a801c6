import { describeContentPolicy } from "../fixtures/browser/content-policy";

describeContentPolicy("dev");
