/** Where a key becomes a session, and a session ends. */
const path = '/auth/session'
/** Not a secret: only that this browser has signed in, so that the next refusal can be called by its name. */
const mark = 'signed-in'

/** What stands in storage; storage may be denied. */
function isMarked(): boolean {
  try {
    return localStorage.getItem(mark) !== null
  } catch {
    return false
  }
}

function setMark(on: boolean): void {
  try {
    if (on) localStorage.setItem(mark, '1')
    else localStorage.removeItem(mark)
  } catch {
    // Then a session that has ended looks like none.
  }
}

/**
 * Whether the server knows who asks. The session itself is a cookie that no script can read; whoever signs in or out gets
 * a fresh page, so that nothing of one viewer is left in the memory of the next.
 */
class Session {
  /** Set by the first answer that wants somebody to sign in; the shell then shows nothing else. */
  refused = $state<'missing' | 'over' | null>(null)
  /** This browser has a session, as far as the page can know. */
  readonly begun = isMarked()

  refuse(): void {
    this.refused ??= this.begun ? 'over' : 'missing'
  }

  /** Shows a key or the router token to the server. @returns Why it was not taken; null when it was. */
  async signIn(key: string): Promise<string | null> {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ key: key.trim() }),
    }).catch(() => null)
    if (!response) return 'The server cannot be reached.'
    if (!response.ok) return refusal(response)
    setMark(true)
    location.reload()
    return null
  }

  async signOut(): Promise<void> {
    await fetch(path, { method: 'DELETE' }).catch(() => null)
    setMark(false)
    location.reload()
  }
}

async function refusal(response: Response): Promise<string> {
  if (response.status === 401 || response.status === 403)
    return 'The server did not accept this key.'
  const body: unknown = await response.json().catch(() => null)
  const detail = body instanceof Object && 'detail' in body ? body.detail : null
  return typeof detail === 'string' ? detail : `The server answered ${response.status}.`
}

export const session = new Session()
