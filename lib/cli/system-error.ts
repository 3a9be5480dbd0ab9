import { relative } from 'node:path'

/** What the system refused, as a sentence without its final dot, and what to do. */
export interface SystemFault {
  message: string
  hint: string
  /** The reason alone, such as `permission denied`. */
  reason: string
}

const PERMISSION = 'Look at who owns it and its folder, and what they may do with it.'
const LOOK = 'Check the path.'
const NETWORK = 'Check the address and the network.'

/** Reasons and hints for errors of the system, by code. */
const REASONS: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  EACCES: ['permission denied', PERMISSION],
  EPERM: ['that is not permitted', PERMISSION],
  EROFS: ['the file system is read-only', 'Name another place, or make it writable.'],
  ENOSPC: ['no space is left there', 'Free some space, or name another place.'],
  EDQUOT: ['no space is left for this user', 'Free some space, or name another place.'],
  EFBIG: ['the file would be too large', 'Name another place.'],
  EIO: ['the device has failed', 'Look at the device, and try again.'],
  ENXIO: ['there is no such device', LOOK],
  ENODEV: ['there is no such device', LOOK],
  EISDIR: ['it is a folder, and a file is needed', 'Name a file.'],
  ENOTDIR: ['a part of the path is a file, and a folder is needed', LOOK],
  EEXIST: ['there is something of this name already', 'Name another place, or move it away.'],
  ENOTEMPTY: ['the folder is not empty', 'Name another place, or move it away.'],
  ENOENT: ['it does not exist', LOOK],
  ELOOP: ['its links lead in circles', 'Correct the links.'],
  ENAMETOOLONG: ['the name is too long', 'Use a shorter name.'],
  EMLINK: ['it has too many links', LOOK],
  EXDEV: ['it is on another device', 'Name a place on the same one.'],
  EBUSY: ['it is in use', 'Wait for, or stop, what uses it.'],
  ETXTBSY: ['it is in use', 'Wait for, or stop, what uses it.'],
  ESTALE: ['it was replaced meanwhile', 'Try again.'],
  EINVAL: ['the system does not take it', LOOK],
  ENOTSUP: ['that is not supported there', 'Name another place.'],
  EOPNOTSUPP: ['that is not supported there', 'Name another place.'],
  ENOSYS: ['that is not supported here', 'Use another system.'],
  EMFILE: ['too many files are open', 'Raise the limit (ulimit -n), or close other programs.'],
  ENFILE: ['too many files are open on this machine', 'Close other programs.'],
  ENOMEM: ['there is not enough memory', 'Close other programs.'],
  EAGAIN: ['the system is out of resources', 'Close other programs, and try again.'],
  EBADF: ['it is not open for that', 'Name another place.'],
  EPIPE: ['it was closed', 'Try again.'],
  EADDRINUSE: ['the port is in use', 'Stop what listens there, or name another port.'],
  EADDRNOTAVAIL: ['the address is not one of this machine', 'Name another address.'],
  ECONNREFUSED: ['nothing listens there', NETWORK],
  ECONNRESET: ['the connection was closed', 'Try again.'],
  ECONNABORTED: ['the connection was closed', 'Try again.'],
  ETIMEDOUT: ['there was no answer in time', NETWORK],
  EHOSTUNREACH: ['the host cannot be reached', NETWORK],
  ENETUNREACH: ['the network cannot be reached', NETWORK],
  ENOTFOUND: ['the name is not known', NETWORK],
  EAI_AGAIN: ['the name cannot be looked up now', NETWORK],
}

const READS = new Set([
  'read',
  'scandir',
  'stat',
  'lstat',
  'access',
  'readlink',
  'realpath',
  'opendir',
  'watch',
])
const WRITES = new Set([
  'write',
  'mkdir',
  'rename',
  'unlink',
  'rmdir',
  'rm',
  'chmod',
  'ftruncate',
  'copyfile',
  'mkdtemp',
  'symlink',
  'link',
  'fsync',
])

/**
 * An error of the operating system, or one that has such an error as its cause, in words for the user; `undefined` for
 * any other error. Files are named relative to `cwd` where they are below it.
 */
export function systemFault(error: unknown, cwd?: string): SystemFault | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 6; depth++) {
    const fault = at as NodeJS.ErrnoException &
      Partial<Record<'dest' | 'address' | 'hostname', string>> & { port?: number }
    const known = fault.code === undefined ? undefined : REASONS[fault.code]
    if (known !== undefined && fault.syscall !== undefined) return said(fault, known, cwd)
    at = (at instanceof AggregateError ? at.errors[0] : undefined) ?? at.cause
  }
  return undefined
}

function said(
  fault: NodeJS.ErrnoException & Partial<Record<'dest' | 'address' | 'hostname', string>> & { port?: number },
  [reason, hint]: readonly [string, string],
  cwd: string | undefined,
): SystemFault {
  const { syscall = '', path, dest, address, hostname, port } = fault
  if (syscall === 'uv_cwd') {
    return {
      reason,
      message: 'the current folder does not exist any more',
      hint: 'Go to a folder that exists.',
    }
  }
  if (syscall.startsWith('spawn')) {
    const program = path ?? syscall.slice('spawn '.length)
    return {
      reason,
      message: `the program "${program}" cannot be started: ${reason}`,
      hint: fault.code === 'ENOENT' ? 'Install it, or correct the PATH.' : hint,
    }
  }
  // The system says that something exists; a folder would not have been in the way.
  if (syscall === 'mkdir' && fault.code === 'EEXIST')
    return said({ ...fault, code: 'ENOTDIR' }, REASONS['ENOTDIR']!, cwd)
  const file = dest ?? path
  if (file !== undefined) {
    const verb = READS.has(syscall) ? 'read' : WRITES.has(syscall) ? 'written' : 'opened'
    return { reason, message: `"${shown(file, cwd)}" cannot be ${verb}: ${reason}`, hint }
  }
  const host = hostname ?? address
  if (host !== undefined) {
    const place = port === undefined ? host : `${host}:${port}`
    return {
      reason,
      message: `"${place}" cannot be ${syscall === 'listen' ? 'listened on' : 'reached'}: ${reason}`,
      hint,
    }
  }
  return {
    reason,
    message: `${syscall === 'write' ? 'writing' : syscall === 'read' ? 'reading' : 'a call of the system'} failed: ${reason}`,
    hint,
  }
}

function shown(file: string, cwd: string | undefined): string {
  if (cwd === undefined) return file
  const way = relative(cwd, file)
  return way === '' || way.startsWith('..') ? file : way
}
