import type { Viewer } from './access.ts'

/** Who makes a change by hand, and from where. */
export interface Changer {
  readonly viewer: Viewer
  readonly ip: string | null
}

/** The changer as audit rows name it: names of keys can be alike, their ids cannot. */
export function actorName({ viewer: { apiKeyId, displayName } }: Changer): string {
  return apiKeyId === null ? displayName : `${displayName} (${apiKeyId})`
}
