/**
 * An event as a page gets it: own plain fields, so that it can be copied and written as JSON, and nothing of the
 * framework.
 */

/**
 * @param {any} event of the framework
 * @param {import('../app-service/realm.js').Realm} realm
 * @returns {object} `type`, `timeStamp` in ms, `target`, `currentTarget`, `mark`, `detail`, `mut`, and the touches of a
 *   touch
 */
export function eventFace(event, realm) {
  return realm.handOver({
    type: event.type,
    timeStamp: event.timeStamp,
    target: nodeFace(event.target),
    currentTarget: nodeFace(event.currentTarget),
    mark: { ...event.mark },
    detail: event.detail,
    mut: false,
    ...event.extraFields,
  });
}

/** What a touch event says beside its detail: one finger, at the node's corner, as nothing is laid out. */
export function touchFields() {
  const touches = [{ identifier: 0, pageX: 0, pageY: 0, clientX: 0, clientY: 0, force: 1 }];
  return { touches, changedTouches: touches, _userTap: true };
}

function nodeFace(caller) {
  // A component is told of by its instance, which holds the node.
  const element = caller._$ ?? caller;
  return { id: element.id ?? '', offsetLeft: 0, offsetTop: 0, dataset: { ...element.dataset } };
}
