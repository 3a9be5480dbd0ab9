#!/usr/bin/env node
import { ignoreDebuggerSignal } from '../runtime/debugger-signal.ts'
import { COMMANDS } from './command-table.ts'
import { processTerminal } from './process-terminal.ts'
import { report, run } from './run.ts'

ignoreDebuggerSignal()
const terminal = processTerminal()
// Loaded when it is asked for, like each command: the file system's module alone takes a tenth of a short run.
const version = async () => (await import('./package-json.ts')).packageVersion(import.meta.url)
// exitCode, not exit(): what was printed to a pipe must arrive.
process.on('uncaughtException', (error) => process.exit(report(error, terminal)))
process.exitCode = await run(COMMANDS, process.argv.slice(2), terminal, version)
