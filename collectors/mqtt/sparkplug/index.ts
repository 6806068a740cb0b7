export { EdgeNodes, type Found } from './edge-nodes.ts';
export { readPayload, rebirthRequest } from './payload.ts';
