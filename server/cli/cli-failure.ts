import { type ErrorCode, isErrorCode } from '#domain/errors.ts'
import { type ExitCode, exitCodeOf } from '#domain/exit-code.ts'

/** Why a command did not do what it was asked: a message for people, and how the process ends. */
export class CliFailure extends Error {
  readonly code: ErrorCode
  readonly exitCode: Exclude<ExitCode, 0>

  constructor(message: string, { code, cause }: { code: string | undefined; cause?: unknown }) {
    super(message, { cause })
    this.name = 'CliFailure'
    this.code = isErrorCode(code) ? code : 'INTERNAL'
    this.exitCode = exitCodeOf(this.code)
  }
}
