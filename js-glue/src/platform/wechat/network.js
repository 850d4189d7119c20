import { messageOf } from '../../error.js';

/** @param {any} options of `wx.connectSocket` @returns {any} what it gives */
export const connectSocket = (options) => wx.connectSocket(options);

/**
 * Asks an address for JSON.
 * @param {string} url
 * @param {(cause: string) => void} fail hears why no answer came
 * @param {(statusCode: number, data: any) => void} take gets the answer
 */
export function request(url, fail, take) {
  wx.request({
    url,
    success: ({ statusCode, data }) => take(statusCode, data),
    fail: (error) => fail(`${messageOf(error)}. Is its host among the mini-program's request domains?`),
  });
}
