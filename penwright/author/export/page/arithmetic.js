// Numbers: the functions of gates, whole numbers of 64 bits as two halves, and the random numbers of a text.
// As in kernels/arithmetic.py, kernels/contexts.py and kernels/random.py.

const fround = Math.fround;
const ONE_FLOAT = new Float32Array(1);
const ITS_BITS = new Int32Array(ONE_FLOAT.buffer);

function tanh(value) {
  const x = Math.min(Math.max(value, -7.90531110763549805), 7.90531110763549805);
  const s = x * x;
  const above = x * (4.89352455891786e-03 + s * (6.37261928875436e-04 + s * (1.48572235717979e-05
    + s * (5.12229709037114e-08 + s * (-8.60467152213735e-11 + s * (2.00018790482477e-13
    + s * -2.76076847742355e-16))))));
  return above / (4.89352518554385e-03 + s * (2.26843463243900e-03 + s * (1.18534705686654e-04
    + s * 1.19825839466702e-06)));
}

function sigmoid(value) {
  return 0.5 * tanh(0.5 * value) + 0.5;
}

// The natural logarithm of a number above zero, read as float32.
function logarithm(value) {
  ONE_FLOAT[0] = value;
  const exponent = (ITS_BITS[0] - 0x3F3504F3) >> 23;
  ITS_BITS[0] -= exponent << 23;
  const x = ONE_FLOAT[0] - 1;
  let tail = 7.0376836292e-2;
  tail = tail * x - 1.1514610310e-1;
  tail = tail * x + 1.1676998740e-1;
  tail = tail * x - 1.2420140846e-1;
  tail = tail * x + 1.4249322787e-1;
  tail = tail * x - 1.6668057665e-1;
  tail = tail * x + 2.0000714765e-1;
  tail = tail * x - 2.4999993993e-1;
  tail = tail * x + 3.3333331174e-1;
  return fround(exponent * 0.693359375 + (x + (exponent * -2.12194440e-4 + x * x * (x * tail - 0.5))));
}

// The halves of the last result of a function on numbers of 64 bits, signed.
let high = 0;
let low = 0;

function multiplyHalves(one, other) {
  const a = one >>> 16, b = one & 0xFFFF, c = other >>> 16, d = other & 0xFFFF;
  const first = b * d, second = a * d + (first >>> 16), third = b * c + (second & 0xFFFF);
  high = (a * c + Math.floor(second / 65536) + Math.floor(third / 65536)) | 0;
  low = ((third & 0xFFFF) << 16) | (first & 0xFFFF);
}

function multiply64(oneHigh, oneLow, otherHigh, otherLow) {
  multiplyHalves(oneLow, otherLow);
  high = (high + Math.imul(oneHigh, otherLow) + Math.imul(oneLow, otherHigh)) | 0;
}

function add64(otherHigh, otherLow) {
  const sum = (low >>> 0) + (otherLow >>> 0);
  high = (high + otherHigh + (sum > 0xFFFFFFFF ? 1 : 0)) | 0;
  low = sum | 0;
}

function subtract64(otherHigh, otherLow) {
  const borrow = (low >>> 0) < (otherLow >>> 0) ? 1 : 0;
  high = (high - otherHigh - borrow) | 0;
  low = (low - otherLow) | 0;
}

// The random number at a position of a text, from 0 up to but not including 1: Philox4x32-10.
// seed: BigInt from 0 to 2^63 - 1. attempt: how many symbols were drawn before for this position and put back.
function uniform(seed, position, attempt) {
  let k0 = Number(seed & 0xFFFFFFFFn) | 0, k1 = Number(seed >> 32n) | 0;
  let c0 = position | 0, c1 = Math.floor(position / 4294967296) | 0, c2 = 0, c3 = attempt | 0;
  for (let round = 0; round < 10; round++) {
    multiplyHalves(0xD2511F53, c0);
    const firstHigh = high, firstLow = low;
    multiplyHalves(0xCD9E8D57, c2);
    c0 = high ^ c1 ^ k0;
    c2 = firstHigh ^ c3 ^ k1;
    c1 = low;
    c3 = firstLow;
    k0 = (k0 + 0x9E3779B9) | 0;
    k1 = (k1 + 0xBB67AE85) | 0;
  }
  return ((c0 >>> 5) * 67108864 + (c1 >>> 6)) / 9007199254740992;
}
