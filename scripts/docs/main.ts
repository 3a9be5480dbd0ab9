/**
 * `npm run docs`: writes what the documentation takes from code and from running it. Reference pages come from tables
 * and schemas, outputs of commands from running them, the steps of the main job from one run of `npm start`.
 * What is equal but for random values stays as it is written.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { mainJobOutput, PICTURE, picture, withMainJob } from './main-job.ts'
import { handWrittenPages, root } from './page-files.ts'
import { GENERATED_PAGES } from './pages.ts'
import { walked } from './walk.ts'

for (const [path, page] of Object.entries(GENERATED_PAGES)) await update(path, await page())

const job = await mainJobOutput()
await update(PICTURE, picture(job))
for (const path of await handWrittenPages()) {
  const text = await readFile(join(root, path), 'utf8')
  await update(path, await walked(withMainJob(text, job)))
}

async function update(path: string, text: string): Promise<void> {
  const file = join(root, path)
  const before = await readFile(file, 'utf8').catch(() => undefined)
  if (before === text) return
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
  process.stdout.write(`${path}\n`)
}
