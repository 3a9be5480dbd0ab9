import { readFile } from 'node:fs/promises'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

/** Ways to look packages up that no supported project uses: without `exports` there are no entry points. */
const OLD_LOOKUP = 'node10'

/**
 * What publint and attw (Are the types wrong?) find in a package.
 *
 * @param contents the folder of what would be published
 */
export async function publishingFaults(contents: string, tarball: string): Promise<string[]> {
  const pkg = JSON.parse(await readFile(`${contents}/package.json`, 'utf8'))
  const { messages } = await publint({ pkgDir: contents, level: 'suggestion', strict: true, pack: false })
  const analysis = await checkPackage(createPackageFromTarballData(await readFile(tarball)))
  if (analysis.types === false) return ['attw finds no types']
  const problems = analysis.problems.filter(
    (problem) => !('resolutionKind' in problem && problem.resolutionKind === OLD_LOOKUP),
  )
  return [
    ...messages.map((message) => `publint: ${formatMessage(message, pkg)}`),
    ...problems.map((problem) => `attw: ${JSON.stringify(problem)}`),
  ]
}
