"""Numbers within kernels: bfloat16 read and written by its bits, and the functions of gates as few operations.

numba knows no bfloat16, so an array of it is handed over as uint16. `wide` and `fitting` go by an array's type, so one
kernel serves both. A rounding is to the nearest, ties to even, as torch's.

The tangent is a quotient of two polynomials, which a compiler can do for many numbers at once; it is off by less than
1e-6. The coefficients are those of Eigen's `generic_fast_tanh_float` (Eigen/src/Core/MathFunctionsImpl.h, MPL 2.0).
"""

from typing import Any

import numpy as np

from penwright.kernels.compiling import kernel, numba

_LIMIT = np.float32(7.90531110763549805)
_P1, _P3, _P5, _P7, _P9, _P11, _P13 = (
    np.float32(value)
    for value in (
        4.89352455891786e-03,
        6.37261928875436e-04,
        1.48572235717979e-05,
        5.12229709037114e-08,
        -8.60467152213735e-11,
        2.00018790482477e-13,
        -2.76076847742355e-16,
    )
)
_Q0, _Q2, _Q4, _Q6 = (
    np.float32(value)
    for value in (4.89352518554385e-03, 2.26843463243900e-03, 1.18534705686654e-04, 1.19825839466702e-06)
)
ONE = np.float32(1.0)
_HALF = np.float32(0.5)
_L2, _L3, _L4, _L5, _L6, _L7, _L8, _L9, _L10 = (
    np.float32(value)
    for value in (
        7.0376836292e-2,
        -1.1514610310e-1,
        1.1676998740e-1,
        -1.2420140846e-1,
        1.4249322787e-1,
        -1.6668057665e-1,
        2.0000714765e-1,
        -2.4999993993e-1,
        3.3333331174e-1,
    )
)
_E5, _E4, _E3, _E2, _E1 = (
    np.float32(value) for value in (1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1)
)
_LOG2_E = np.float32(1.44269504088896341)
_BIAS = np.int32(127)
_LN2_HIGH, _LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
_ROOT = np.int32(0x3F3504F3)  # the bits of sqrt(1/2)
_MANTISSA = np.int32(23)
_BITS = np.uint32(16)
_ROUND = np.uint32(0x7FFF)
_LAST = np.uint32(1)


def wide(number: Any) -> Any:
    """Return a number out of an array as float32. Only within kernels."""
    raise TypeError("only what numba compiles can call this")


def fitting(value: Any, array: Any) -> Any:
    """Return a float32 rounded as an array wants its numbers. Only within kernels."""
    raise TypeError("only what numba compiles can call this")


@kernel
def _rounded(value: Any) -> Any:
    bits = np.float32(value).view(np.uint32)
    return np.uint16((bits + _ROUND + ((bits >> _BITS) & _LAST)) >> _BITS)


if numba is not None:
    from numba.extending import overload

    @overload(wide, inline="always", strict=False)
    def _wide(number: Any) -> Any:
        if number == numba.types.uint16:
            return lambda number: np.uint32(np.uint32(number) << _BITS).view(np.float32)
        return lambda number: number

    @overload(fitting, inline="always", strict=False)
    def _fitting(value: Any, array: Any) -> Any:
        if array.dtype == numba.types.uint16:
            return lambda value, array: _rounded(value)
        return lambda value, array: np.float32(value)


@kernel
def tanh(value: Any) -> Any:
    """Return the hyperbolic tangent of a float32."""
    x = min(max(value, -_LIMIT), _LIMIT)
    s = x * x
    above = x * (_P1 + s * (_P3 + s * (_P5 + s * (_P7 + s * (_P9 + s * (_P11 + s * _P13))))))
    return above / (_Q0 + s * (_Q2 + s * (_Q4 + s * _Q6)))


@kernel
def sigmoid(value: Any) -> Any:
    """Return 1 / (1 + exp(-x)) of a float32."""
    return _HALF * tanh(_HALF * value) + _HALF


@kernel
def logarithm(value: Any) -> Any:
    """Return the natural logarithm of a float32 that is above zero and not denormal, to within 1e-7 of it."""
    bits = np.float32(value).view(np.int32)
    exponent = np.int32(np.int32(bits - _ROOT) >> _MANTISSA)  # of the power of two that brings it nearest to 1
    x = np.int32(bits - np.int32(exponent << _MANTISSA)).view(np.float32) - ONE  # sqrt(1/2) - 1 to sqrt(2) - 1
    s, power = x * x, np.float32(exponent)
    tail = _L2
    tail = tail * x + _L3
    tail = tail * x + _L4
    tail = tail * x + _L5
    tail = tail * x + _L6
    tail = tail * x + _L7
    tail = tail * x + _L8
    tail = tail * x + _L9
    tail = tail * x + _L10
    return power * _LN2_HIGH + (x + (power * _LN2_LOW + s * (x * tail - _HALF)))


@kernel
def exponential(value: Any) -> Any:
    """Return the exponential of a float32 from -87 to 88, off by less than 3e-7 of it."""
    power = np.float32(np.floor(value * _LOG2_E + _HALF))
    x = (value - power * _LN2_HIGH) - power * _LN2_LOW  # at most half of ln 2 from zero
    result = _E5
    result = result * x + _E4
    result = result * x + _E3
    result = result * x + _E2
    result = result * x + _E1
    result = result * x + _HALF
    result = result * x * x + x + ONE
    return result * np.int32((np.int32(power) + _BIAS) << _MANTISSA).view(np.float32)
