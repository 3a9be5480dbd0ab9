/** Something that the deploy CLI has done, told from a line that it printed. */
export interface DeployStep {
  step: 'created' | 'updated' | 'deleted' | 'building' | 'deployed'
  /** Key of tenant.yaml. */
  type: string
  name: string
}

/** The step that a line of the deploy CLI tells; `undefined` for any other line. */
export function stepOf(line: string): DeployStep | undefined {
  const done = /\b(Created|Updated|Deleted|Deployed) \[(\w+)\]: (?=\{)/.exec(line)
  if (done !== null) {
    const name = nameIn(line.slice(done.index + done[0].length))
    return name === undefined
      ? undefined
      : { step: done[1]!.toLowerCase() as DeployStep['step'], type: done[2]!, name }
  }
  const building = /\[(\w+)\]: Waiting for build to complete (?=\{)/.exec(line)
  const name = building === null ? undefined : nameIn(line.slice(building.index + building[0].length))
  return name === undefined ? undefined : { step: 'building', type: building![1]!, name }
}

function nameIn(json: string): string | undefined {
  try {
    const { name, trigger_id: trigger } = JSON.parse(json) as { name?: unknown; trigger_id?: unknown }
    const found = name ?? trigger
    return found === undefined ? undefined : String(found)
  } catch {
    return undefined
  }
}
