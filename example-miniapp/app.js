/** The example: a join page and the meeting of the integration guide. */
App({});
