import type { Problem } from './types.ts';

/** The server's refusal; `problem.code` is stable. */
export class ChatProblem extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail ?? problem.title ?? problem.code);
    this.name = 'ChatProblem';
    this.problem = problem;
  }
}

/** The server cannot be reached, or did not answer in time. */
export class Unreachable extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'Unreachable';
  }
}
