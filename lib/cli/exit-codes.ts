/** What the process ends with. The same for every command, and in `claims --help`. */
export const EXIT = {
  /** Nothing to report. */
  clean: 0,
  /** Findings of severity error, or a refused outcome. */
  findings: 1,
  /** A wrong flag, a missing or unreadable file, an environment that does not fit. */
  usage: 2,
  /** Who read standard output has closed it before all was written, as `head` does: what a shell says of SIGPIPE. */
  closed: 141,
  /** A bug of ours. */
  bug: 70,
} as const
