import { ToolkitError } from '../../errors.ts'
import type { TenantFile } from '../../workspace/types.ts'
import { type Entry, isEntry } from '../wire/json.ts'
import { type MarkerNames, withMarkers } from './secrets.ts'

/** Actions and modules without their code, and their code by name. */
export function takeCode(assets: TenantFile, files: ReadonlyMap<string, string>, names: MarkerNames) {
  const [codes, moduleCodes] = [new Map<string, string>(), new Map<string, string>()]
  const [actions, modules] = [assets.actions ?? [], assets.actionModules ?? []]
  const odd = actions.map(({ name }) => String(name)).find((name) => /\p{Cc}/u.test(name))
  if (odd !== undefined) {
    throw new ToolkitError('ERR_INPUT', `the name of the Action "${odd}" has a control character`, {
      hint: 'Nothing was written, since no command could read it. Give the Action another name in the tenant.',
    })
  }
  const secretNames = [actions, modules].map((list) => list.flatMap((entry) => secretsOf(entry)))
  const codeOf = ({ code }: Entry) => files.get(String(code ?? '').replace(/^\.\//, '')) ?? ''
  if (assets.actions !== undefined) {
    assets.actions = actions.map((action) => {
      const plain = String(action['name'])
      const name = names.markerForText(plain, ['ACTION', 'NAME'])
      codes.set(name, codeOf(action))
      const used = ((action['modules'] ?? []) as Entry[]).map((module) =>
        withMarkers(withoutEmpty(module), ['MODULE'], names),
      )
      return {
        name,
        runtime: action['runtime'],
        deployed: action['deployed'] === true,
        supported_triggers: ((action['supported_triggers'] ?? []) as Entry[]).map(({ id, version }) => ({
          id,
          version,
        })),
        ...partOf('dependencies', dependenciesOf(action)),
        ...partOf('secrets', markedSecrets(action, plain, secretNames[0]!, names)),
        ...partOf('modules', used),
      }
    })
  }
  if (assets.actionModules !== undefined) {
    assets.actionModules = modules.map((module) => {
      const plain = String(module['name'])
      const name = names.markerForText(plain, ['MODULE', 'NAME'])
      moduleCodes.set(name, codeOf(module))
      return {
        name,
        ...partOf('dependencies', dependenciesOf(module)),
        ...partOf('secrets', markedSecrets(module, plain, secretNames[1]!, names)),
      }
    })
  }
  if (isEntry(assets.triggers)) {
    assets.triggers = Object.fromEntries(
      Object.entries(assets.triggers).map(([id, bindings]) => [
        id,
        bindings.map(({ action_name, display_name }) => ({
          action_name: names.markerForText(action_name, ['ACTION', 'NAME']),
          display_name: names.markerForText(display_name ?? action_name, ['TRIGGER', id, 'NAME']),
        })),
      ]),
    )
  }
  return { codes, moduleCodes }
}

function secretsOf(entry: Entry): string[] {
  return ((entry['secrets'] ?? []) as Entry[]).map(({ name }) => String(name))
}

/** The secret's name; with its owner's in front where two have a secret of that name. */
function markedSecrets(entry: Entry, owner: string, all: readonly string[], names: MarkerNames): Entry[] {
  return secretsOf(entry).map((name) => {
    const shared = all.filter((other) => other === name).length > 1
    return { name, value: names.markerFor(shared ? [owner, name] : [name]) }
  })
}

function dependenciesOf(entry: Entry): Entry[] {
  return ((entry['dependencies'] ?? []) as Entry[]).map(({ name, version }) => ({ name, version }))
}

function withoutEmpty(entry: Entry): Entry {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined))
}

function partOf(key: string, list: readonly unknown[]): Entry {
  return list.length === 0 ? {} : { [key]: list }
}
