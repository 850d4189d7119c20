/** The error that every rejected promise and `onFailure` of a Client carries. */
export class RtcError extends Error {
  /**
   * @param {number} code one of ERROR_CODES, or a code of WeChat's socket
   * @param {string} reason what went wrong and what to do next
   * @param {number} [gatewayCode] number of the refusal, where the gateway refused or would have
   */
  constructor(code, reason, gatewayCode) {
    super(`${reason} (${code})`);
    this.name = 'RtcError';
    this.code = code;
    this.reason = reason;
    this.gatewayCode = gatewayCode;
  }
}

/**
 * Text of anything that was thrown or handed to a WeChat `fail` callback.
 * @param {any} thrown
 * @returns {string}
 */
export function messageOf(thrown) {
  return String((thrown && (thrown.errMsg || thrown.reason || thrown.message)) || thrown);
}
