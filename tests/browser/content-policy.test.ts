import { describeContentPolicy } from "../fixtures/content-policy";

describeContentPolicy("production");
