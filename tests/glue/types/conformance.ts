/** The sources have what the typings promise, and export nothing else. */
import * as implementation from '../../../js-glue/src/index.js';
import * as promised from '../../../js-glue/index.js';

type Implementation = typeof implementation;
/** Without `default`, which the build adds: the exports themselves. */
type Promised = Omit<typeof promised, 'default'>;
type Method = keyof InstanceType<Promised['Client']>;

export const names: Record<keyof Promised, keyof Implementation> & Record<keyof Implementation, keyof Promised> = {
  Client: 'Client',
  ERROR_CODES: 'ERROR_CODES',
  EVENTS: 'EVENTS',
  version: 'version',
};
export const events: Record<keyof Promised['EVENTS'], string> & Record<keyof Implementation['EVENTS'], unknown> =
  implementation.EVENTS as Implementation['EVENTS'] & Promised['EVENTS'];
export const codes: Record<keyof Promised['ERROR_CODES'], number> = implementation.ERROR_CODES;
export const promisedCodes: Record<keyof Implementation['ERROR_CODES'], number> = promised.ERROR_CODES;
export const promisedEvents: Record<keyof Implementation['EVENTS'], string> = promised.EVENTS;
export const methods: Record<Method, unknown> = new implementation.Client();
export const promisedMethods: Record<keyof InstanceType<Implementation['Client']>, unknown> = new promised.Client();
