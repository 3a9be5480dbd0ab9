import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import {
  type Contract,
  type JsonSchemaObject,
  type ModuleForm,
  readContracts,
  standaloneValidator,
  typesOf,
} from '../../contract/index.ts'
import { ToolkitError } from '../../errors.ts'
import { readOutput, writeAllWhole } from '../../files/index.ts'
import { readWorkspace } from '../../workspace/index.ts'
import { defineCommand } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { JSON_FLAG } from '../flags.ts'
import { jsonDocument } from '../json-document.ts'
import { moduleFormIn } from '../package-json.ts'
import { workspaceFolder } from '../workspace-folder.ts'

/** Types of the modules that `--validators` writes. */
const DECLARATIONS = `// Written by auth0-claims. Do not edit.
/** Faults of a payload against the contract; none: it fits. */
export declare function validate(
  payload: Readonly<Record<string, unknown>>,
): { path: string; claim?: string; keyword: string; message: string }[]
`

/** `claims types`: writes `schemas/claims/types.ts` from the contracts. */
export const typesCommand = defineCommand({
  name: 'types',
  summary: 'Write TypeScript types from the contracts',
  flags: {
    validators: {
      help: 'also write <contract>.validator.js for each contract for access tokens: what an API gives to its verifier',
    },
    module: {
      value: '<esm|commonjs>',
      with: 'validators',
      help: 'how the validators are written; as the nearest package.json says when left out ("type")',
    },
    check: { help: 'write nothing; exit 1 when what is there is not up to date' },
    ...JSON_FLAG,
  },
  async run(terminal, values) {
    const form = values['module']
    if (form !== undefined && form !== 'esm' && form !== 'commonjs') {
      throw new ToolkitError('ERR_USAGE', `"${form}" is no form of a module`, {
        hint: 'There are esm and commonjs.',
      })
    }
    const workspace = await readWorkspace(await workspaceFolder(terminal))
    if (workspace.contractFiles.length === 0) {
      throw new ToolkitError('ERR_INPUT', 'the workspace has no contracts', {
        hint: 'Write one to schemas/claims/<api>.access-token.json.',
      })
    }
    const contracts = await readContracts(workspace.contractFiles, (file) => readFile(file, 'utf8'), {
      root: workspace.root,
    })
    const path = join(workspace.root, 'schemas', 'claims', 'types.ts')
    const texts = new Map([[path, await typesOf(contracts)]])
    if (values['validators'] === true) {
      for (const [name, text] of await validatorsOf(contracts, workspace, form)) texts.set(name, text)
    }
    const changed = new Map<string, string>()
    const files = await Promise.all(
      [...texts].map(async ([name, text]) => {
        const there = await readOutput(name, relative(terminal.cwd, name))
        const stale = there !== text
        if (stale && values['check'] !== true) changed.set(name, text)
        if (stale && values['check'] !== true && there !== undefined) assertOurs(terminal.cwd, name, there)
        return { file: relative(terminal.cwd, name), stale }
      }),
    )
    await writeAllWhole(changed, { root: workspace.root })
    const stale = files.some((one) => one.stale)
    const file = relative(terminal.cwd, path)

    const types = contracts.map(({ title }) => title)
    if (values['json'] === true) {
      terminal.out(jsonDocument('types', { file, types, stale, files }))
    } else if (values['check'] === true) {
      for (const one of files.filter((each) => each.stale)) {
        terminal.out(
          `${one.file}:1:1 error contract/stale-types ${one.file === file ? 'The types do' : 'The validator does'} not match the contracts.`,
        )
        terminal.out(
          `  hint: Run claims types${one.file === file ? '' : ' --validators'} and commit the file.`,
        )
      }
      if (!stale) {
        const are = files.length === 1 ? 'The types agree' : 'The types and validators agree'
        terminal.out(`${are} with the contracts.`)
      }
    } else {
      terminal.out(`${file}: ${types.join(', ')}${files[0]!.stale ? '' : ' (unchanged)'}`)
      for (const one of files.slice(1)) terminal.out(`${one.file}${one.stale ? '' : ' (unchanged)'}`)
    }
    return stale && values['check'] === true ? EXIT.findings : EXIT.clean
  },
})

/** All that this command writes begins so. */
function assertOurs(cwd: string, path: string, text: string): void {
  if (text.trim() === '' || text.startsWith('// Written by ')) return
  const file = relative(cwd, path)
  throw new ToolkitError('ERR_INPUT', `"${file}" is there, and claims types has not written it`, {
    hint: 'Nothing was written. Move the file away.',
    file,
  })
}

/** A module and its types for each contract for access tokens, beside the contract. */
async function validatorsOf(
  contracts: readonly Contract[],
  { root, contractFiles }: { root: string; contractFiles: readonly string[] },
  form: ModuleForm | undefined,
): Promise<[path: string, text: string][]> {
  const vocabulary = await Promise.all(
    contractFiles.map(async (file) => ({
      file: relative(root, file),
      schema: JSON.parse(await readFile(file, 'utf8')) as JsonSchemaObject,
    })),
  )
  const written = form ?? (await moduleFormIn(join(root, 'schemas/claims')))
  return contracts
    .filter(({ token }) => token === 'access_token')
    .flatMap((contract) => {
      const path = join(root, contract.file.replace(/\.json$/, '.validator'))
      return [
        [`${path}.js`, standaloneValidator(contract, vocabulary, written)],
        [`${path}.d.ts`, DECLARATIONS],
      ]
    })
}
