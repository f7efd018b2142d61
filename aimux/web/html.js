// What every page writes with: preact and htm, bound to each other once.
//
// Whatever stands between ${ and } becomes a text node or an attribute's value, never markup: that is
// why nothing here escapes anything, and why dangerouslySetInnerHTML is used nowhere.

import { Fragment, h, render } from "./vendor/preact.js";
import htm from "./vendor/htm.js";

export const html = htm.bind(h);
export { Fragment, render };
export { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "./vendor/hooks.js";
