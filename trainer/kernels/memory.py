"""Memory maps inside compiled code: arrays at an address, and a hint to fetch them early."""

from typing import Any

from llvmlite import ir
from numba import carray, types  # type: ignore[attr-defined]
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = ["carray", "float32_at", "int32_at", "prefetch", "uint16_at", "uint64_at"]


def _pointer_to(item: Any) -> Any:
    @intrinsic
    def pointer(_context: Any, address: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

        return types.CPointer(item)(types.uint64), generate  # type: ignore[no-untyped-call]

    return pointer


uint16_at = _pointer_to(types.uint16)
int32_at = _pointer_to(types.int32)
uint64_at = _pointer_to(types.uint64)
float32_at = _pointer_to(types.float32)


@intrinsic
def prefetch(_context: Any, address: Any) -> Any:
    """Ask for the cache line at ``address``; an address that is not mapped does no harm."""

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        name = "llvm.prefetch.p0i8"
        hint = cgutils.get_or_insert_function(builder.module, kind, name)  # type: ignore[no-untyped-call]
        where = builder.inttoptr(arguments[0], byte)
        # For reading, to all levels of the cache, of data.
        builder.call(hint, [where, word(0), word(3), word(1)])
        return context.get_dummy_value()

    return types.void(types.uint64), generate
