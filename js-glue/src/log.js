/** What `init` may be given as `logLevel`, each more talkative than the one before. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'];

/**
 * A log that writes to the console what is severe enough.
 * @param {() => string | undefined} least the least severe level that is written
 */
export function createLog(least) {
  return (level, message) => {
    if (LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(least() || 'warn')) console[level](`[miniapp-rtc] ${message}`);
  };
}
