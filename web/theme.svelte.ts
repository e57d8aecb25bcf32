export type ThemeChoice = 'light' | 'dark' | 'system'

const storageKey = 'theme'
const systemDark = matchMedia('(prefers-color-scheme: dark)')

function storedChoice(): ThemeChoice {
  try {
    const choice = localStorage.getItem(storageKey)
    return choice === 'light' || choice === 'dark' ? choice : 'system'
  } catch {
    return 'system'
  }
}

/** The visitor's choice and what it comes to. `public/theme.js` has set the same before the first paint. */
class Theme {
  choice = $state<ThemeChoice>(storedChoice())
  #systemIsDark = $state(systemDark.matches)
  readonly shown = $derived<'light' | 'dark'>(
    this.choice === 'system' ? (this.#systemIsDark ? 'dark' : 'light') : this.choice,
  )

  constructor() {
    systemDark.addEventListener('change', (event) => {
      this.#systemIsDark = event.matches
      this.#show()
    })
  }

  choose(choice: ThemeChoice): void {
    this.choice = choice
    try {
      if (choice === 'system') localStorage.removeItem(storageKey)
      else localStorage.setItem(storageKey, choice)
    } catch {
      // Without storage the choice lasts as long as the page.
    }
    this.#show()
  }

  /** Light, dark, as the system: one key goes through all three. */
  next(): void {
    this.choose(this.choice === 'light' ? 'dark' : this.choice === 'dark' ? 'system' : 'light')
  }

  #show(): void {
    document.documentElement.dataset['theme'] = this.shown
  }
}

export const theme = new Theme()
