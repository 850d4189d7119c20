/** The text codecs that every browser has. */
export const { TextDecoder, TextEncoder } = globalThis;
