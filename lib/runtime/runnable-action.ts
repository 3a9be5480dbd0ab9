import type { RunnableAction } from './types.ts'

/** What is known of an Action's code, wherever it comes from: a workspace, a file, a tenant. */
export interface ActionCode extends Pick<RunnableAction, 'name' | 'code' | 'secrets'> {
  /** @defaultValue `dist/actions/<name>.js` */
  file?: string
  sourceMap?: string | undefined
  /** Packages by name, or as a version declares them. */
  dependencies?: readonly (string | { readonly name: string })[]
  resolveFrom?: string | undefined
  modules?: RunnableAction['modules'] | undefined
}

/** The Action as a runtime takes it. The only place that builds one. */
export function runnableAction({
  name,
  code,
  secrets,
  file = `dist/actions/${name}.js`,
  sourceMap,
  dependencies = [],
  resolveFrom,
  modules,
}: ActionCode): RunnableAction {
  return {
    name,
    code,
    file,
    secrets,
    dependencies: dependencies.map((one) => (typeof one === 'string' ? one : one.name)),
    ...(sourceMap !== undefined && { sourceMap }),
    ...(resolveFrom !== undefined && { resolveFrom }),
    ...(modules !== undefined && { modules }),
  }
}
