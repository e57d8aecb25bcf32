const storageKey = 'orchestrator-token'

/** A token that is gone with the tab. Storage may be denied: then it lasts as long as the page. */
function storedToken(): string {
  try {
    return sessionStorage.getItem(storageKey) ?? ''
  } catch {
    return ''
  }
}

/** Who asks: the bearer token that the visitor entered, and whether the server wants one. */
class Session {
  token = $state(storedToken())
  /** Set by the first answer that says 401 or 403; the shell then asks for a token. */
  refused = $state<'missing' | 'wrong' | null>(null)
  /** Counts sign-ins: whoever reads it asks the server again after one. */
  generation = $state(0)

  get authorization(): string | undefined {
    return this.token === '' ? undefined : `Bearer ${this.token}`
  }

  refuse(): void {
    this.refused = this.token === '' ? 'missing' : 'wrong'
  }

  signIn(token: string): void {
    this.token = token.trim()
    this.refused = null
    this.generation += 1
    try {
      sessionStorage.setItem(storageKey, this.token)
    } catch {
      // Denied storage costs a sign-in per page load, nothing else.
    }
  }
}

export const session = new Session()
