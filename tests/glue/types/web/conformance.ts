/** The sources give what the typings promise. */
import * as promised from '../../../../js-glue/web/index.js';
import * as sources from '../../../../js-glue/src/web/index.js';

type Names<T> = Exclude<keyof T, symbol>;
/** Methods that the Client of mini-programs has for its native tags; here the client reports itself. */
type Reports = Extract<Names<sources.Client>, `report${string}`>;

const missing: Exclude<Names<promised.Client>, Names<sources.Client>>[] = [];
const untold: Exclude<Names<sources.Client>, Names<promised.Client> | Reports>[] = [];
const exported: Record<Names<typeof promised>, unknown> = sources;
const told: Record<Names<typeof sources>, unknown> = promised;
const none: never[] = [...missing, ...untold];

export { exported, none, told };
