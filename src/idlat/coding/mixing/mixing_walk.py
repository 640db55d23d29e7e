"""Adaptive coding of octaves under mixed contexts, in integers: one walk for encoder and decoder.

::

    neighbours, parent, lower bands ─ seven contexts ─ their chances ─ stretch ─ weights ─ squash ─▶ chance
                                          ▲───────── what came ──────────▲──────── bit ◀─ arithmetic coder

A coefficient is coded as questions: is it 0, is it below 2, below 4, …; then the bits below its highest; then
its sign. Each question has a chance in each of several contexts; their logarithmic odds are added up under
weights that follow what comes, as in the PAQ family of compressors (Mahoney 2005). All is integers, so that
every machine finds the same chances. The same text is compiled
(:mod:`idlat.coding.mixing.mixing_kernels`) and runs in plain Python, on arrays and on lists: the same bytes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["INPUTS", "KERNELS", "SLOTS", "WEIGHT_SETS", "MixingState", "code_octaves"]

#: Questions of size that have chances of their own.
FLAGS = 16
_KINDS, _DEPTHS = 8, 8  # low and high along three axes; octaves, from the coarsest on
_HALVES, _WHOLE, _QUARTERS = 72, 16, 144  # classes of sizes, by halves, wholes and quarters of an octave
#: Contexts of each input: neighbours; neighbours and parent; parent and lower bands; kind of band and
#: neighbours; small values themselves; the band; all together.
_CONTEXTS = (_HALVES, _WHOLE * _WHOLE, _WHOLE * _WHOLE, _KINDS * _DEPTHS * 4, 162, 256, _QUARTERS)
INPUTS = len(_CONTEXTS)
_STARTS = tuple(FLAGS * sum(_CONTEXTS[:i]) for i in range(INPUTS + 1))
_SIGNS = _STARTS[-1]  # neighbours' signs by kind, the parent's by kind, depth
_PARENT_SIGNS = _SIGNS + 27 * _KINDS
_DEPTH_SIGNS = _PARENT_SIGNS + 3 * _KINDS
_LOW_BITS = _DEPTH_SIGNS + _DEPTHS
#: Chances in all.
SLOTS = _LOW_BITS + 4 * FLAGS
_SIGN = 3 * FLAGS  # the set of weights of signs
WEIGHT_SETS = _SIGN + 3
_LEAST = 24  # of a chance, in 2⁻¹⁶
_LIMIT = 3071  # of logarithmic odds, in 1/256
_LONGEST = 31  # bits of a size
_FOLLOWS = 3  # how fast weights follow


class MixingState(NamedTuple):
    """What a walk reads and changes: arrays of int64, or lists.

    Attributes
    ----------
    stretched, squashed : ndarray
        :func:`idlat.coding.mixing.mixing_tables.logistic_tables`.
    rates : ndarray
        By how much, in 2⁻¹⁶, a chance follows the n-th bit of its context.
    chances, seen : ndarray
        (SLOTS,): in 2⁻²², and how often each came.
    weights : ndarray
        (WEIGHT_SETS · INPUTS,): in 2⁻¹⁶.
    slots, inputs : ndarray
        (INPUTS,): room.
    coder : ndarray
        (4,): which numbers the following bytes may be, from and to; the next four, where they are read; how
        many bytes are done with.
    """

    stretched: Any
    squashed: Any
    rates: Any
    chances: Any
    seen: Any
    weights: Any
    slots: Any
    inputs: Any
    coder: Any


def code_octaves(decoding: bool, bands: Any, lower: Any, values: Any, state: MixingState, data: Any) -> None:
    """Encode or decode the coefficients of bands.

    Parameters
    ----------
    decoding : bool
        Whether `values` are written, from `data`, or read, and `data` written.
    bands : ndarray of int64, or list of lists
        (bands, 10): where its values begin, its shape, its parent's number or −1, kind, depth, its number
        within its array, and where its lower bands begin and end in `lower`.
    lower : ndarray of int64, or list
        Numbers of the lower bands of the same octave, one band's after another's.
    values : ndarray of int64, or list
        (N,): coefficients below 2³¹, 0 before they are decoded.
    state : MixingState
    data : ndarray of uint8, or list
        The bytes; where they are written, with room for them.
    """
    if decoding:
        for i in range(4):
            state.coder[2] = state.coder[2] << 8 | (data[i] if i < len(data) else 0)
    for number in range(len(bands)):
        nz, ny, nx = bands[number][1], bands[number][2], bands[number][3]
        for position in range(nz * ny * nx):
            z, y, x = position // (ny * nx), position // nx % ny, position % nx
            at = bands[number][0] + position
            known = place_contexts(bands, lower, values, number, z, y, x, state.slots)
            size = code_size(decoding, abs(values[at]), known, state, data)
            if size:
                group = place_sign_contexts(bands, values, number, z, y, x, state.slots)
                negative = code_mixed(decoding, values[at] < 0, 3, 0, _SIGN + group, state, data)
                if decoding:
                    values[at] = -size if negative else size


def value_at(values: Any, band: Any, z: int, y: int, x: int) -> int:
    """The coefficient at a place of a band; 0 outside."""
    if 0 <= z < band[1] and 0 <= y < band[2] and 0 <= x < band[3]:
        return int(values[band[0] + (z * band[2] + y) * band[3] + x])
    return 0


def parent_place(parent: Any, z: int, y: int, x: int) -> tuple[int, int, int]:
    """Where the parent of a coefficient stands in the parent band."""
    return min(z // 2, parent[1] - 1), min(y // 2, parent[2] - 1), min(x // 2, parent[3] - 1)


def neighbours_before(values: Any, band: Any, z: int, y: int, x: int) -> int:
    """Sizes of the neighbours that came before: twice three faces, and six edges."""
    faces = (
        abs(value_at(values, band, z - 1, y, x))
        + abs(value_at(values, band, z, y - 1, x))
        + abs(value_at(values, band, z, y, x - 1))
    )
    edges = (
        abs(value_at(values, band, z - 1, y - 1, x))
        + abs(value_at(values, band, z - 1, y + 1, x))
        + abs(value_at(values, band, z - 1, y, x - 1))
        + abs(value_at(values, band, z - 1, y, x + 1))
        + abs(value_at(values, band, z, y - 1, x - 1))
        + abs(value_at(values, band, z, y - 1, x + 1))
    )
    return 2 * faces + edges


def faces_around(values: Any, band: Any, z: int, y: int, x: int) -> int:
    """Sizes of the six face neighbours."""
    return (
        abs(value_at(values, band, z - 1, y, x))
        + abs(value_at(values, band, z + 1, y, x))
        + abs(value_at(values, band, z, y - 1, x))
        + abs(value_at(values, band, z, y + 1, x))
        + abs(value_at(values, band, z, y, x - 1))
        + abs(value_at(values, band, z, y, x + 1))
    )


def bit_length(number: int) -> int:
    """How many bits a number has that is not negative."""
    bits = 0
    while number >> bits:
        bits += 1
    return bits


def parts_of_octaves(number: int, parts: int) -> int:
    """2^parts times the bits of a number, and the following `parts` bits below the highest."""
    bits = bit_length(number)
    below = number >> (bits - 1 - parts) if bits > parts else 0
    return (bits << parts) + (below & ((1 << parts) - 1))


def place_contexts(
    bands: Any, lower: Any, values: Any, number: int, z: int, y: int, x: int, slots: Any
) -> int:
    """Find the contexts of a coefficient's size; return how much is known of it, 0 to 2."""
    band = bands[number]
    near = neighbours_before(values, band, z, y, x)
    far = (
        abs(value_at(values, band, z - 2, y, x))
        + abs(value_at(values, band, z, y - 2, x))
        + abs(value_at(values, band, z, y, x - 2))
    )
    above, old = 0, 0
    if band[4] >= 0:
        parent = bands[band[4]]
        pz, py, px = parent_place(parent, z, y, x)
        above = abs(value_at(values, parent, pz, py, px))
        old = 6 * above + faces_around(values, parent, pz, py, px)
    same = 0
    for i in range(band[8], band[9]):
        other = bands[lower[i]]
        oz, oy, ox = min(z, other[1] - 1), min(y, other[2] - 1), min(x, other[3] - 1)
        same += abs(value_at(values, other, oz, oy, ox))
    if band[9] > band[8]:
        same = same * 12 // (band[9] - band[8])
    whole = 3 * near + far + 2 * old + 2 * same
    n, o, s = bit_length(near), min(bit_length(old), _WHOLE - 1), min(bit_length(same), _WHOLE - 1)
    small = min(abs(value_at(values, band, z - 1, y, x)), 2)
    small = 3 * small + min(abs(value_at(values, band, z, y - 1, x)), 2)
    small = 3 * small + min(abs(value_at(values, band, z, y, x - 1)), 2)
    small = 3 * small + min(above, 2)
    slots[0] = _STARTS[0] + FLAGS * min(parts_of_octaves(near, 1), _HALVES - 1)
    slots[1] = _STARTS[1] + FLAGS * (_WHOLE * min(n, _WHOLE - 1) + o)
    slots[2] = _STARTS[2] + FLAGS * (_WHOLE * o + s)
    slots[3] = _STARTS[3] + FLAGS * (4 * (_DEPTHS * band[5] + band[6]) + min(n // 2, 3))
    slots[4] = _STARTS[4] + FLAGS * (small + (81 if same > 0 else 0))
    slots[5] = _STARTS[5] + FLAGS * band[7]
    slots[6] = _STARTS[6] + FLAGS * min(parts_of_octaves(whole, 2), _QUARTERS - 1)
    return min(whole, 1) + (1 if whole >= 64 else 0)


def sign_of(value: int) -> int:
    """0 for a negative value, 1 for 0, 2 for another."""
    return 1 + (1 if value > 0 else 0) - (1 if value < 0 else 0)


def place_sign_contexts(bands: Any, values: Any, number: int, z: int, y: int, x: int, slots: Any) -> int:
    """Find the contexts of a coefficient's sign; return its set of weights, by how many axes are high."""
    band = bands[number]
    signs = 9 * sign_of(value_at(values, band, z - 1, y, x))
    signs += 3 * sign_of(value_at(values, band, z, y - 1, x))
    signs += sign_of(value_at(values, band, z, y, x - 1))
    above = 1
    if band[4] >= 0:
        parent = bands[band[4]]
        pz, py, px = parent_place(parent, z, y, x)
        above = sign_of(value_at(values, parent, pz, py, px))
    slots[0] = _SIGNS + 27 * band[5] + signs
    slots[1] = _PARENT_SIGNS + 3 * band[5] + above
    slots[2] = _DEPTH_SIGNS + band[6]
    return min(int(band[5] & 1) + int(band[5] >> 1 & 1) + int(band[5] >> 2), 2)


def code_size(decoding: bool, size: int, known: int, state: MixingState, data: Any) -> int:
    """Code a size under the contexts that are placed: its number of bits, then those below the highest."""
    bits = 0
    while bits < _LONGEST:
        flag = min(bits, FLAGS - 1)
        if not code_mixed(decoding, size >> bits > 0, INPUTS, flag, FLAGS * known + flag, state, data):
            break
        bits += 1
    if bits < 2:
        return bits
    found = 1
    for below in range(bits - 1):
        slot = _LOW_BITS + 4 * min(bits, FLAGS - 1) + min(below, 3)
        found = 2 * found + code_alone(decoding, size >> (bits - 2 - below) & 1 > 0, slot, state, data)
    return found


def code_mixed(
    decoding: bool, answer: bool, used: int, flag: int, weight_set: int, state: MixingState, data: Any
) -> int:
    """Code an answer under the first `used` of the contexts that are placed, and learn from it."""
    total, first = 0, INPUTS * weight_set
    for i in range(used):
        state.inputs[i] = state.stretched[state.chances[state.slots[i] + flag] >> 10]
        total += state.weights[first + i] * state.inputs[i]
    chance = state.squashed[min(max(total >> 16, -_LIMIT), _LIMIT) + _LIMIT]
    bit = code_bit(decoding, answer, chance, state.coder, data)
    error = (bit << 16) - chance
    for i in range(used):
        state.weights[first + i] += (state.inputs[i] * error * _FOLLOWS + (1 << 15)) >> 16
        follow(state, state.slots[i] + flag, bit)
    return bit


def code_alone(decoding: bool, answer: bool, slot: int, state: MixingState, data: Any) -> int:
    """Code an answer under one context, and learn from it."""
    bit = code_bit(decoding, answer, state.chances[slot] >> 6, state.coder, data)
    follow(state, slot, bit)
    return bit


def follow(state: MixingState, slot: int, bit: int) -> None:
    """Move the chance of a context towards what came."""
    target = (1 << 22) - 1 if bit else 0
    state.chances[slot] += (target - state.chances[slot]) * state.rates[state.seen[slot]] >> 16
    state.seen[slot] = min(state.seen[slot] + 1, len(state.rates) - 1)


def code_bit(decoding: bool, answer: bool, chance: int, coder: Any, data: Any) -> int:
    """Code one bit, 1 with a chance in 2⁻¹⁶, by a range of 32-bit numbers."""
    low, high = coder[0], coder[1]
    middle = low + ((high - low) * min(max(chance, _LEAST), 65536 - _LEAST) >> 16)
    bit = 1 if (coder[2] <= middle if decoding else answer) else 0
    if bit:
        high = middle
    else:
        low = middle + 1
    while (low ^ high) < 1 << 24:
        if decoding:
            following = coder[3] + 4
            coder[2] = (coder[2] << 8 & 0xFFFFFFFF) | (data[following] if following < len(data) else 0)
        else:
            data[coder[3]] = high >> 24
        coder[3] += 1
        low, high = low << 8 & 0xFFFFFFFF, (high << 8 & 0xFFFFFFFF) | 255
    coder[0], coder[1] = low, high
    return bit


#: What is compiled, each before those that call it.
KERNELS = (
    value_at, parent_place, neighbours_before, faces_around, bit_length, parts_of_octaves, sign_of,
    place_contexts, place_sign_contexts, code_bit, follow, code_alone, code_mixed, code_size, code_octaves,
)  # fmt: skip
