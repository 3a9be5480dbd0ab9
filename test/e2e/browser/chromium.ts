import { existsSync } from 'node:fs'
import { env } from 'node:process'
import { type Browser, chromium } from 'playwright-core'

const INSTALLED = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/**
 * The Chromium of this machine: what `CHROMIUM` names, one that is installed, or one that playwright-core has
 * downloaded. Without any the browser tests are skipped, and say so; under `CI` they fail.
 */
export function findChromium(): string | undefined {
  const found = [env['CHROMIUM'], ...INSTALLED, chromium.executablePath()].find(
    (path) => path !== undefined && path !== '' && existsSync(path),
  )
  if (found !== undefined) return found
  const advice = 'Install it, name it in CHROMIUM, or run "npx playwright-core install chromium".'
  if (env['CI'] !== undefined) throw new Error(`There is no Chromium. ${advice}`)
  console.warn(`\nTHE BROWSER TESTS ARE SKIPPED: there is no Chromium. ${advice}\n`)
  return undefined
}

/** Headless, and unable to leave this machine. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--disable-sync',
      '--disable-component-update',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
    ],
  })
}
