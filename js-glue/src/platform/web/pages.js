/**
 * The pages that a Client belongs to. A web page is one page, and takes its Clients with it when it goes; see
 * `../../web/client.js`.
 * @type {(abandon: () => void) => { use(): boolean }}
 */
export const createOwners = () => ({ use: () => true });
