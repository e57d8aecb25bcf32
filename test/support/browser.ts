import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import sparticuz from '@sparticuz/chromium'
import axe from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

/** Arguments that would make the browser another one than users have, or end it with its first page. */
const unwanted = ['--single-process', '--no-zygote', '--disable-web-security']

/** Where Chromium is unpacked: in the common temporary folder it would belong to whoever ran the tests first. */
const unpacked = resolve(import.meta.dirname, '../../.cache/chromium')

/** A Chromium out of the packages on Linux x64, elsewhere the Chrome that is installed. */
export async function openBrowser(): Promise<Browser> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return chromium.launch({ channel: 'chrome' })
  mkdirSync(unpacked, { recursive: true })
  process.env['TMPDIR'] = unpacked
  return chromium.launch({
    executablePath: await sparticuz.executablePath(),
    args: sparticuz.args.filter((argument) => !unwanted.includes(argument)),
  })
}

/** A page, and all that it complained of: exceptions, errors on the console, refusals of the security policy. */
export interface WatchedPage {
  readonly page: Page
  readonly complaints: readonly string[]
}

export async function openPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    locale: 'en-US',
    timezoneId: 'Europe/Berlin',
    ...options,
  })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  return { page, complaints }
}

/** Waits until what comes in has come in: half transparent, nothing has the contrast that it ends with. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const passing = document
      .getAnimations()
      .filter(({ effect }) => Number.isFinite(effect?.getComputedTiming().endTime))
    await Promise.allSettled(passing.map(({ finished }) => finished))
  })
}

/** What axe finds wrong with a page under WCAG 2.2 A and AA, a line each. */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  await settled(page)
  // Not as a script tag: the page's security policy rightly refuses that.
  await page.evaluate(axe.source)
  const faults = await page.evaluate(async () => {
    const { axe: engine } = globalThis as unknown as { axe: typeof import('axe-core') }
    const { violations } = await engine.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    })
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary}`),
    )
  })
  return faults
}

/** Signs in on the page that asks for it, and waits until the dashboard is live. */
export async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel('Key').fill(key)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('Connected', { exact: true }).waitFor()
}
