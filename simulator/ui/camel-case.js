/** The property that an attribute sets: `enable-mic` is `enableMic`. */
export function camelCase(name) {
  return name.replace(/-([a-z])/g, (_all, letter) => letter.toUpperCase());
}
