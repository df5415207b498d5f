/** A refusal that knows whom it refuses: the bearer was recognised, and may not be used any more. */
import type { Caller } from './caller.ts'
import { ApiProblem, type ProblemCode } from './problem.ts'

/** Answered like any problem; the audit log counts it for the caller. */
export class RefusedCaller extends ApiProblem {
  readonly caller: Caller

  constructor(code: ProblemCode, detail: string, caller: Caller) {
    super(code, detail)
    this.caller = caller
  }
}
