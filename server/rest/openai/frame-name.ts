import type { AnswerName } from './wire-chunks.ts'

/** The name that a provider's own frames have, so that frames of ours can follow them; undefined where they have none. */
export function frameName(frames: Uint8Array): AnswerName | undefined {
  for (const line of Buffer.from(frames)
    .toString('utf8')
    .split(/\r\n|\r|\n/)) {
    if (!line.startsWith('data:')) continue
    const { id, created, model } = parsed(line.slice('data:'.length))
    if (typeof id !== 'string' || typeof model !== 'string') continue
    return { id, model, created: typeof created === 'number' ? created : 0 }
  }
  return undefined
}

function parsed(data: string): { id?: unknown; created?: unknown; model?: unknown } {
  try {
    const value: unknown = JSON.parse(data)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
