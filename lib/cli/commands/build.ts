import { relative } from 'node:path'
import { writeBundles } from '../../bundle/index.ts'
import { sortFindings } from '../../finding.ts'
import { countFindings, formatFindings } from '../../report/index.ts'
import { builtWorkspace } from '../checked-workspace.ts'
import { defineCommand } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { jsonDocument } from '../json-document.ts'
import { workspaceFolder } from '../workspace-folder.ts'

/** `claims build`: the one command that writes bundles. */
export const buildCommand = defineCommand({
  name: 'build',
  summary: 'Write the bundle of every Action to the file that tenant.yaml names, and print the sizes',
  flags: {
    json: { help: 'one JSON document' },
  },
  notes: [
    'a file that is not a bundle of an earlier build is never written over; other commands need no build',
  ],
  async run(terminal, values) {
    const { workspace, built, findings: faults } = await builtWorkspace(await workspaceFolder(terminal))
    const findings = sortFindings([
      ...faults,
      ...workspace.findings.filter(({ rule }) => rule !== 'tenant/unknown-action'),
    ])
    let asWritten: string[] = []
    // All or nothing: a folder with some old and some new bundles would deploy a mixture.
    if (countFindings(findings).errors === 0) {
      const written = await writeBundles(workspace, built)
      findings.push(...sortFindings(written.findings))
      asWritten = written.asWritten
    }
    const { errors } = countFindings(findings)
    const actions = built.map(({ name, builtFile, bytes, exports }) => ({
      name,
      file: relative(workspace.root, builtFile),
      bytes,
      exports,
    }))
    if (values['json'] === true) {
      terminal.document(jsonDocument('build', { actions, findings }, 2))
    } else {
      if (findings.length > 0) terminal.err(formatFindings(findings).split('\n'))
      for (const { name, file, bytes } of errors === 0 ? actions : []) {
        const note = asWritten.includes(name) ? ', ships as it is written: nothing to build' : ''
        terminal.out(`${file}  ${bytes} bytes${note}`)
      }
    }
    return errors === 0 ? EXIT.clean : EXIT.findings
  },
})
