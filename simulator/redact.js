/** What may be printed of a text: the same text, with the query of every URL in it shown as `***`. */

const QUERY = /([a-z][a-z0-9+.-]*:\/\/[^\s"'<>?]*)\?[^\s"'<>]*/gi;
const CREDENTIALS = /([a-z][a-z0-9+.-]*:\/\/)[^\s"'<>/@]+@/gi;

/**
 * @param {unknown} value anything; it is turned into a string
 * @returns {string}
 */
export function redact(value) {
  return String(value).replace(QUERY, '$1?***').replace(CREDENTIALS, '$1***@');
}

/**
 * The part of a URL that names the stream: no query, no credentials.
 * @param {string} url
 * @returns {string}
 */
export function withoutSecrets(url) {
  return String(url).replace(CREDENTIALS, '$1').split('?')[0];
}
