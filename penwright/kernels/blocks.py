"""The products of a few rows with a tile of a matrix, spelled out as vectors that stay in the processor's registers.

numba compiles loops over numbers, and keeps such sums in memory between rounds. Here the loop is written in the
compiler's own language: one vector of sums for each row and each LANES columns, to which one product is added in each
round. The order of additions is that of `products`, and so are the roundings.

Shapes: K = inputs.
"""

from typing import Any

from penwright.kernels.compiling import numba

ROWS = 4
"""Rows of a block. Arrays of rows are padded to a multiple of it."""
LANES = 16
"""Columns of a vector. A processor with shorter vectors takes several for one of these."""


def _has_wide_vectors() -> bool:
    """Return True if this processor has 32 registers of 16 float32 each."""
    if numba is None:
        return False
    from llvmlite import binding  # type: ignore[import-untyped]

    return bool(binding.get_host_cpu_features().get("avx512f"))


TILE = (4 if _has_wide_vectors() else 1) * LANES
"""Columns of a tile: as many as leave all sums of a block in registers."""


def _multiply_block(tile: Any, x: Any, start: int, stride: int, size: int, sums: Any) -> None:
    """Fill `sums`, float32 (ROWS * TILE,), with the products of ROWS rows and a tile.

    Args:
        tile: float32 (K * TILE,), input by input.
        x: float32, flat or not; the first row begins at number `start`, each other `stride` numbers after the last.
        start, stride: See there.
        size: K, at least 1.
        sums: See above.
    """
    flat = x.reshape(-1)
    for row in range(ROWS):
        for column in range(TILE):
            total = sums.dtype.type(0)
            for k in range(size):
                total += flat[start + row * stride + k] * tile[k * TILE + column]
            sums[row * TILE + column] = total


def _intrinsic() -> Any:
    """Return `_multiply_block` as a function that kernels can call."""
    from llvmlite import ir
    from numba import types
    from numba.extending import intrinsic

    contracting = ("contract",)  # a product and a sum in one, as in all kernels
    integer, number = ir.IntType(64), ir.FloatType()
    vector, zeros = ir.VectorType(number, LANES), ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    undefined, first = ir.Constant(vector, ir.Undefined), ir.Constant(ir.IntType(32), 0)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        tile, x, sums = (
            context.make_array(signature.args[each])(context, builder, arguments[each]).data for each in (0, 1, 5)
        )
        start, stride, size = arguments[2:5]
        before = builder.block
        loop, after = builder.append_basic_block("inputs"), builder.append_basic_block("summed")
        rows = [
            builder.gep(x, [builder.add(start, builder.mul(stride, ir.Constant(integer, row)))]) for row in range(ROWS)
        ]
        builder.branch(loop)
        builder.position_at_end(loop)
        k = builder.phi(integer)
        k.add_incoming(ir.Constant(integer, 0), before)
        totals = [[builder.phi(vector) for _ in range(TILE // LANES)] for _ in range(ROWS)]
        columns = builder.gep(tile, [builder.mul(k, ir.Constant(integer, TILE))])
        weights = [builder.load(_vector_at(builder, columns, part), align=4) for part in range(TILE // LANES)]
        for row, own in zip(rows, totals, strict=True):
            value = builder.insert_element(undefined, builder.load(builder.gep(row, [k])), first)
            value = builder.shuffle_vector(value, undefined, zeros)
            for total, weight in zip(own, weights, strict=True):
                product = builder.fmul(value, weight, flags=contracting)
                total.add_incoming(ir.Constant(vector, None), before)
                total.add_incoming(builder.fadd(total, product, flags=contracting), loop)
        following = builder.add(k, ir.Constant(integer, 1))
        k.add_incoming(following, loop)
        builder.cbranch(builder.icmp_signed("<", following, size), loop, after)
        builder.position_at_end(after)
        for row, own in enumerate(totals):
            for part, total in enumerate(own):
                place = builder.gep(sums, [ir.Constant(integer, row * TILE)])
                builder.store(total.incomings[1][0], _vector_at(builder, place, part), align=4)
        return context.get_dummy_value()

    def _vector_at(builder: Any, numbers: Any, part: int) -> Any:
        return builder.bitcast(builder.gep(numbers, [ir.Constant(integer, part * LANES)]), vector.as_pointer())

    def typed(_context: Any, tile: Any, x: Any, start: Any, stride: Any, size: Any, sums: Any) -> Any:
        return types.void(tile, x, types.int64, types.int64, types.int64, sums), generate

    return intrinsic(typed)


multiply_block: Any = _multiply_block if numba is None else _intrinsic()
