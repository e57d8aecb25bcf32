import { hostname } from 'node:os'
import type { Env } from '#server/env.ts'

/** What a person reads who sees the start fail: what happened, and what to do. */
export function explainStart(error: unknown, { HOST, PORT }: Pick<Env, 'HOST' | 'PORT'>): string {
  if (!(error instanceof Error)) return `The start failed: ${String(error)}`
  const { code, syscall } = error as NodeJS.ErrnoException
  if (syscall === 'listen') return `${listening(code, { HOST, PORT })} (${code})`
  return [error.message, ...causes(error.cause)].join('\n  because: ')
}

function listening(code: string | undefined, { HOST, PORT }: Pick<Env, 'HOST' | 'PORT'>): string {
  if (code === 'EADDRINUSE') {
    return `Port ${PORT} on ${HOST} is in use by another program; stop it, or set PORT to another.`
  }
  if (code === 'EACCES') {
    return `Port ${PORT} needs more rights than this user has; set PORT above 1023.`
  }
  return `HOST ${HOST} is not an address of ${hostname()}.`
}

function causes(cause: unknown): readonly string[] {
  return cause instanceof Error ? [cause.message, ...causes(cause.cause)] : []
}
