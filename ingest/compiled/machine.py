"""What the processor can do with eight bytes at once and Python has no word for."""

import sys
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


def _load(typing: Any, data: Any, at: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view: Any = cgutils.create_struct_proxy  # numba does not type it
        array = view(signature.args[0])(context, builder, arguments[0])
        place = builder.gep(array.data, [arguments[1]])
        place = builder.bitcast(place, ir.IntType(64).as_pointer())
        value = builder.load(place, align=1)
        return value if sys.byteorder == "little" else builder.bswap(value)

    return types.uint64(data, types.int64), generate


def _turned(typing: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bswap(arguments[0])

    return types.uint64(types.uint64), generate


def _zeros_below(typing: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), generate


load: Any = intrinsic(_load)
"""``load(data, at)``: eight bytes of an array of bytes from `at` on, the first in the lowest bits.
Nothing checks that they are there."""

turned: Any = intrinsic(_turned)
"""``turned(value)``: the bytes of a number the other way round."""

zeros_below: Any = intrinsic(_zeros_below)
"""``zeros_below(value)``: how many bits lie below the lowest that is set, 64 if none is."""
