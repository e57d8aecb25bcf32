import { writeJson } from '#http/answer.ts'
import type { RequestHandler } from '#http/request-context.ts'

/** One thing that must be in order before calls are sent here: the database, its migrations, the configuration. */
export interface ReadinessCheck {
  readonly name: string
  /** @returns What is wrong, in words that may be public; undefined when it is in order. Must answer within a second. */
  readonly problem: () => string | undefined | Promise<string | undefined>
}

/** `GET /livez`: the process answers. */
export function livez(): RequestHandler {
  return (_request, response) => writeJson(response, { ok: true })
}

/** `GET /readyz`: 200 when calls may be sent here, else 503. A provider's outage does not matter. */
export function readyz(
  checks: readonly ReadinessCheck[],
  isDraining: () => boolean,
): RequestHandler {
  return async (_request, response) => {
    const results = await Promise.all(checks.map((check) => outcome(check)))
    const all = {
      ...Object.fromEntries(results),
      ...(isDraining() && { shutdown: 'the server is about to stop' }),
    }
    const ok = Object.values(all).every((problem) => problem === 'ok')
    writeJson(response, { ok, checks: all }, { status: ok ? 200 : 503 })
  }
}

async function outcome({ name, problem }: ReadinessCheck): Promise<readonly [string, string]> {
  try {
    return [name, (await problem()) ?? 'ok']
  } catch {
    return [name, 'failed']
  }
}
