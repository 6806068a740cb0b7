export {
  DLMS_WRAPPER,
  fixedFrames,
  FrameSplitter,
  framesWithLength,
  type FrameRule,
  type LengthField,
} from './split-frames.ts';
