import { describeContentPolicy } from "../fixtures/content-policy";

describeContentPolicy("dev");
