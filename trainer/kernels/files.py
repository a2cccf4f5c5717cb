"""Files inside compiled code: arrays at the address of a map, and reads by descriptor."""

from typing import Any

from numba import carray, types  # type: ignore[attr-defined]
from numba.extending import intrinsic

__all__ = ["carray", "float32_at", "pread", "uint16_at", "uint64_at"]


def _pointer_to(item: Any) -> Any:
    @intrinsic
    def pointer(_context: Any, address: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

        return types.CPointer(item)(types.uint64), generate  # type: ignore[no-untyped-call]

    return pointer


uint16_at = _pointer_to(types.uint16)
uint64_at = _pointer_to(types.uint64)
float32_at = _pointer_to(types.float32)
pread: Any = types.ExternalFunction(  # of the C library: bytes read, or -1
    "pread",
    types.intp(types.int32, types.uint64, types.uintp, types.int64),
)
