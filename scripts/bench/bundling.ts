import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ActionSource, bundleActions } from '../../lib/bundle/index.ts'
import { generatedAction, randomFrom } from './generated-actions.ts'
import { type Figure, sideBySide } from './side-by-side.ts'

const COUNT = 100

/** 100 Actions that share a library, in one call and in one call each. */
export async function bundling(): Promise<Figure[]> {
  const root = await mkdtemp(join(tmpdir(), 'auth0-claims-bench-'))
  try {
    const random = randomFrom(1)
    await writeFile(join(root, 'names.ts'), "export const namespace = 'https://acme.example/'\n")
    const actions: ActionSource[] = []
    for (let index = 0; index < COUNT; index++) {
      const sourceFile = join(root, `${index}.ts`)
      const text = generatedAction(index, random, true).replace(
        'exports.onExecutePostLogin =',
        'export const onExecutePostLogin =',
      )
      await writeFile(
        sourceFile,
        `import { namespace } from './names.ts'\nexport const own = namespace\n${text}`,
      )
      actions.push({ name: String(index), sourceFile, builtFile: join(root, 'dist', `${index}.js`) })
    }
    return await sideBySide(
      [
        {
          name: 'one call each',
          run: async () => {
            for (const action of actions) await bundleActions([action], { root })
          },
        },
        { name: 'one call', run: () => bundleActions(actions, { root }) },
      ],
      { rounds: 5, slice: 1 },
    )
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}
